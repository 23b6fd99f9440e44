# Sourced: other quantizers, each in an environment of its own under build/peers/. They need numpy 2,
# and some exclude each other. Python 3.10 to 3.12.
python=${PYTHON:-python3}
peer() { # name, packages
  local folder=build/peers/$1
  shift
  if [ ! -e "$folder/.installed" ]; then
    rm -rf "$folder"
    "$python" -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
    touch "$folder/.installed"
  fi
}
peer convert "tensorflow-cpu>=2.21,<2.22" "tf2onnx==1.17.0" "onnx<1.22"
peer litert "litert-quantizer==0.11.0" "litert-lm-builder==0.18.1" "numpy>=2"
peer nncf "nncf==3.4.0" "openvino==2026.4.1"
peer onnxruntime "onnxruntime==1.32.0" "onnx<1.22" "sympy"
peer aimet "aimet-onnx==2.42.0"
