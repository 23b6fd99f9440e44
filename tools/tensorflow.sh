# Sourced: TensorFlow in an environment of its own, build/tf/.
python=${PYTHON:-python3}
if ! build/tf/bin/python -c "import PIL, sklearn" 2>/dev/null; then
  "$python" -m venv build/tf
  build/tf/bin/python -m pip install --quiet --disable-pip-version-check \
    "tensorflow-cpu>=2.21,<2.22" "scikit-learn>=1.4,<2" "pillow>=10"
fi
