# Sourced: LiteRT and its quantizer in an environment of their own, build/litert/. They need numpy 2,
# which tflite-runtime does not run under on Python up to 3.11.
python=${PYTHON:-python3}
if [ ! -e build/litert/.installed ]; then
  rm -rf build/litert
  "$python" -m venv build/litert
  build/litert/bin/python -m pip install --quiet --disable-pip-version-check \
    "litert-quantizer==0.11.0" "litert-lm-builder==0.18.1" "numpy>=2"
  touch build/litert/.installed
fi
