# What a board needs to build: included with BOARD set. It gives PORT_SOURCES, PORT_CC,
# PORT_CFLAGS, PORT_DEFINES and PORT_LDFLAGS, and PORT_BOARDS, all names there are. PORT_TFLM_ARCH is
# what TFLite Micro's TARGET_ARCH for it begins with, PORT_TFLM_FLOAT (hard, soft) Arm's float ABI.
#
# MENDLITE_PORT_CLOCK_HZ is the clock of SysTick and of the UART as QEMU runs the board.

PORT_BOARDS := mps2-an385 mps2-an386 mps2-an500 mps2-an505 mps3-an547 netduinoplus2 lm3s6965evb \
  riscv-virt mps2-an386-semihosting host stm32f429 nrf52840 rp2040

ifeq ($(filter $(BOARD),$(PORT_BOARDS)),)
$(error BOARD must be one of $(PORT_BOARDS))
endif

PORT_DIR := $(dir $(lastword $(MAKEFILE_LIST)))
PORT_DEFINES := -DMENDLITE_PORT_BOARD='"$(BOARD)"'

# The comments below give QEMU's command. FIRMWARE is the ELF, MODEL the image to execute in place
# (leave its -device out where there is none), PORT a TCP port where the link listens, "..." is
#   -kernel FIRMWARE -display none -monitor none
#   -chardev socket,id=u0,host=127.0.0.1,port=PORT,server=on,wait=off,nodelay=on

CORTEX_M_CC := arm-none-eabi-gcc
CORTEX_M_SOURCES := $(addprefix $(PORT_DIR),memory.c cortex_m/startup.c cortex_m/system.c)
CORTEX_M_UART_SOURCES := $(CORTEX_M_SOURCES) $(addprefix $(PORT_DIR),ring.c cortex_m/receive.c)
CORTEX_M_LDFLAGS := --specs=nano.specs -nostartfiles -L$(PORT_DIR)

# qemu-system-arm -M mps2-an385 ... -serial chardev:u0
#   -device loader,file=MODEL,addr=0x00200000,force-raw=on
ifeq ($(BOARD),mps2-an385)
PORT_CC := $(CORTEX_M_CC)
PORT_SOURCES := $(CORTEX_M_UART_SOURCES) $(PORT_DIR)mps/uart.c
PORT_CFLAGS := -mcpu=cortex-m3 -mthumb -mfloat-abi=soft
PORT_DEFINES += -DMENDLITE_PORT_CLOCK_HZ=25000000u -DMENDLITE_PORT_UART_BASE=0x40004000u -DMENDLITE_PORT_UART_IRQ=0
PORT_LDFLAGS := $(CORTEX_M_LDFLAGS) -T$(PORT_DIR)mps/mps2-an385.ld
PORT_TFLM_ARCH := cortex-m3
PORT_TFLM_FLOAT := soft
endif

# qemu-system-arm -M mps2-an386 ... -serial chardev:u0
#   -device loader,file=MODEL,addr=0x00200000,force-raw=on
ifeq ($(BOARD),mps2-an386)
PORT_CC := $(CORTEX_M_CC)
PORT_SOURCES := $(CORTEX_M_UART_SOURCES) $(PORT_DIR)mps/uart.c
PORT_CFLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
PORT_DEFINES += -DMENDLITE_PORT_CLOCK_HZ=25000000u -DMENDLITE_PORT_UART_BASE=0x40004000u -DMENDLITE_PORT_UART_IRQ=0
PORT_LDFLAGS := $(CORTEX_M_LDFLAGS) -T$(PORT_DIR)mps/mps2-an385.ld
PORT_TFLM_ARCH := cortex-m4
PORT_TFLM_FLOAT := hard
endif

# qemu-system-arm -M mps2-an500 ... -serial chardev:u0
#   -device loader,file=MODEL,addr=0x00200000,force-raw=on
ifeq ($(BOARD),mps2-an500)
PORT_CC := $(CORTEX_M_CC)
PORT_SOURCES := $(CORTEX_M_UART_SOURCES) $(PORT_DIR)mps/uart.c
PORT_CFLAGS := -mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-d16
PORT_DEFINES += -DMENDLITE_PORT_CLOCK_HZ=25000000u -DMENDLITE_PORT_UART_BASE=0x40004000u -DMENDLITE_PORT_UART_IRQ=0
PORT_LDFLAGS := $(CORTEX_M_LDFLAGS) -T$(PORT_DIR)mps/mps2-an500.ld
PORT_TFLM_ARCH := cortex-m7
PORT_TFLM_FLOAT := hard
endif

# qemu-system-arm -M mps2-an505 ... -serial chardev:u0
#   -device loader,file=MODEL,addr=0x10200000,force-raw=on
ifeq ($(BOARD),mps2-an505)
PORT_CC := $(CORTEX_M_CC)
PORT_SOURCES := $(CORTEX_M_UART_SOURCES) $(PORT_DIR)mps/uart.c
PORT_CFLAGS := -mcpu=cortex-m33 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16
PORT_DEFINES += -DMENDLITE_PORT_CLOCK_HZ=20000000u -DMENDLITE_PORT_UART_BASE=0x50200000u -DMENDLITE_PORT_UART_IRQ=32
PORT_LDFLAGS := $(CORTEX_M_LDFLAGS) -T$(PORT_DIR)mps/mps2-an505.ld
PORT_TFLM_ARCH := cortex-m33
PORT_TFLM_FLOAT := hard
endif

# qemu-system-arm -M mps3-an547 ... -serial chardev:u0
#   -device loader,file=MODEL,addr=0x00040000,force-raw=on
ifeq ($(BOARD),mps3-an547)
PORT_CC := $(CORTEX_M_CC)
PORT_SOURCES := $(CORTEX_M_UART_SOURCES) $(PORT_DIR)mps/uart.c
PORT_CFLAGS := -mcpu=cortex-m55 -mthumb -mfloat-abi=hard
PORT_DEFINES += -DMENDLITE_PORT_CLOCK_HZ=32000000u -DMENDLITE_PORT_UART_BASE=0x59303000u -DMENDLITE_PORT_UART_IRQ=33
PORT_LDFLAGS := $(CORTEX_M_LDFLAGS) -T$(PORT_DIR)mps/mps3-an547.ld
PORT_TFLM_ARCH := cortex-m55
PORT_TFLM_FLOAT := hard
endif

# qemu-system-arm -M netduinoplus2 ... -serial chardev:u0
#   -device loader,file=MODEL,addr=0x08020000,force-raw=on
#
# The chip itself wakes at 16 MHz, and no code here makes it faster: for one, 16000000u.
ifeq ($(BOARD),netduinoplus2)
PORT_CC := $(CORTEX_M_CC)
PORT_SOURCES := $(CORTEX_M_UART_SOURCES) $(PORT_DIR)stm32/usart.c
PORT_CFLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
PORT_DEFINES += -DMENDLITE_PORT_CLOCK_HZ=168000000u -DMENDLITE_PORT_UART_BASE=0x40011000u -DMENDLITE_PORT_UART_IRQ=37
PORT_LDFLAGS := $(CORTEX_M_LDFLAGS) -T$(PORT_DIR)stm32/netduinoplus2.ld
PORT_TFLM_ARCH := cortex-m4
PORT_TFLM_FLOAT := hard
endif

# qemu-system-arm -M lm3s6965evb ... -serial chardev:u0
#   -device loader,file=MODEL,addr=0x00020000,force-raw=on
ifeq ($(BOARD),lm3s6965evb)
PORT_CC := $(CORTEX_M_CC)
PORT_SOURCES := $(CORTEX_M_UART_SOURCES) $(addprefix $(PORT_DIR)pl011/,uart.c lm3s.c)
PORT_CFLAGS := -mcpu=cortex-m3 -mthumb -mfloat-abi=soft
PORT_DEFINES += -DMENDLITE_PORT_CLOCK_HZ=12500000u -DMENDLITE_PORT_UART_BASE=0x4000C000u -DMENDLITE_PORT_UART_IRQ=5
PORT_LDFLAGS := $(CORTEX_M_LDFLAGS) -T$(PORT_DIR)pl011/lm3s6965evb.ld
PORT_TFLM_ARCH := cortex-m3
PORT_TFLM_FLOAT := soft
endif

# Chips that QEMU has no machine for. docs/BOARDS.md says which part of each port was run, and where.

# The oscillator that the chip wakes with, of 16 MHz.
ifeq ($(BOARD),stm32f429)
PORT_CC := $(CORTEX_M_CC)
PORT_SOURCES := $(CORTEX_M_UART_SOURCES) $(PORT_DIR)stm32/usart.c
PORT_CFLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
PORT_DEFINES += -DMENDLITE_PORT_CLOCK_HZ=16000000u -DMENDLITE_PORT_UART_BASE=0x40011000u -DMENDLITE_PORT_UART_IRQ=37
PORT_LDFLAGS := $(CORTEX_M_LDFLAGS) -T$(PORT_DIR)stm32/stm32f429.ld
PORT_TFLM_ARCH := cortex-m4
PORT_TFLM_FLOAT := hard
endif

# The core runs at 64 MHz from the start.
ifeq ($(BOARD),nrf52840)
PORT_CC := $(CORTEX_M_CC)
PORT_SOURCES := $(CORTEX_M_UART_SOURCES) $(PORT_DIR)nrf52/uart.c
PORT_CFLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
PORT_DEFINES += -DMENDLITE_PORT_CLOCK_HZ=64000000u -DMENDLITE_PORT_UART_BASE=0x40002000u -DMENDLITE_PORT_UART_IRQ=2
PORT_LDFLAGS := $(CORTEX_M_LDFLAGS) -T$(PORT_DIR)nrf52/nrf52840.ld
PORT_TFLM_ARCH := cortex-m4
PORT_TFLM_FLOAT := hard
endif

# The 12 MHz crystal of the Pico drives core and UART.
ifeq ($(BOARD),rp2040)
PORT_CC := $(CORTEX_M_CC)
PORT_SOURCES := $(CORTEX_M_UART_SOURCES) $(PORT_DIR)pl011/uart.c $(addprefix $(PORT_DIR)rp2040/,chip.c boot.c)
PORT_CFLAGS := -mcpu=cortex-m0plus -mthumb -mfloat-abi=soft
PORT_DEFINES += -DMENDLITE_PORT_CLOCK_HZ=12000000u -DMENDLITE_PORT_UART_BASE=0x40034000u -DMENDLITE_PORT_UART_IRQ=20
PORT_LDFLAGS := $(CORTEX_M_LDFLAGS) -T$(PORT_DIR)rp2040/rp2040.ld
PORT_TFLM_ARCH := cortex-m0plus
PORT_TFLM_FLOAT := soft
endif

# qemu-system-arm -M mps2-an386 -kernel FIRMWARE -display none -monitor none -serial none
#   -semihosting-config enable=on,target=native
#   -device loader,file=MODEL,addr=0x00200000,force-raw=on
#
# No chardev: the link is QEMU's standard input and output, pipes or a socket. While it waits for
# input, QEMU heeds no SIGTERM: it ends with its input, or by SIGKILL.
ifeq ($(BOARD),mps2-an386-semihosting)
PORT_CC := $(CORTEX_M_CC)
PORT_SOURCES := $(CORTEX_M_SOURCES) $(PORT_DIR)semihosting/link.c
PORT_CFLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
PORT_DEFINES += -DMENDLITE_PORT_CLOCK_HZ=25000000u
PORT_LDFLAGS := $(CORTEX_M_LDFLAGS) -T$(PORT_DIR)mps/mps2-an385.ld
PORT_TFLM_ARCH := cortex-m4
PORT_TFLM_FLOAT := hard
endif

# qemu-system-riscv32 -M virt -bios none ... -serial chardev:u0
#   -device loader,file=MODEL,addr=0x80800000,force-raw=on
#
# misa-spec=2.2 is what lets rv32imac, the name of the library's variant, have the CSRs.
ifeq ($(BOARD),riscv-virt)
PORT_CC := riscv64-unknown-elf-gcc
PORT_SOURCES := $(addprefix $(PORT_DIR),memory.c ring.c riscv_virt/port.c)
PORT_CFLAGS := -march=rv32imac -misa-spec=2.2 -mabi=ilp32 -mcmodel=medany --specs=picolibc.specs
PORT_LDFLAGS := -nostartfiles -L$(PORT_DIR) -T$(PORT_DIR)riscv_virt/riscv-virt.ld
PORT_TFLM_ARCH := riscv32
endif

# No QEMU: MENDLITE_FLASH=MODEL FIRMWARE, the link on its standard input and output.
ifeq ($(BOARD),host)
PORT_CC := $(CC)
PORT_SOURCES := $(PORT_DIR)host/port.c
PORT_CFLAGS :=
PORT_LDFLAGS :=
PORT_TFLM_ARCH := $(shell uname -m)
endif
