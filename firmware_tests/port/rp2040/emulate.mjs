// emulate.mjs FIRMWARE.elf: runs it on rp2040js (npm install rp2040js), from the chip's first instruction
// in flash. UART0 is standard input and output, so that a board's [emulator] can name this program.
import { readFileSync } from 'node:fs';
import { ConsoleLogger, LogLevel, Simulator } from 'rp2040js';

const elf = readFileSync(process.argv[2]);
const flashAt = 0x10000000;
const bootAt = 0x20041f00;
const simulator = new Simulator();
const chip = simulator.rp2040;

chip.logger = new ConsoleLogger(LogLevel.Error);
chip.flash.fill(0xff);
const headers = elf.readUInt32LE(0x1c);
for (let i = 0; i < elf.readUInt16LE(0x2c); i++) {
  const at = headers + i * elf.readUInt16LE(0x2a);
  if (elf.readUInt32LE(at) !== 1) continue;
  const from = elf.readUInt32LE(at + 4);
  const to = elf.readUInt32LE(at + 12) - flashAt;
  const size = elf.readUInt32LE(at + 16);
  if (size > 0 && to >= 0 && to < chip.flash.length) chip.flash.set(elf.subarray(from, from + size), to);
}
// What the chip's ROM does.
for (let i = 0; i < 256; i++) chip.writeUint8(bootAt + i, chip.flash[i]);
chip.core.SP = bootAt;
chip.core.PC = bootAt;
const waiting = [];
chip.uart[0].onByte = (byte) => process.stdout.write(Uint8Array.of(byte));
process.stdin.on('data', (bytes) => { waiting.push(...bytes); });
process.stdin.on('end', () => process.exit(0));
setInterval(() => { while (waiting.length && !chip.uart[0].rxFIFO.full) chip.uart[0].feedByte(waiting.shift()); }, 0);
simulator.execute();
