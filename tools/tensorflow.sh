# Sourced: TensorFlow in an environment of its own, build/tf/.
python=${PYTHON:-python3}
if [ ! -x build/tf/bin/python ]; then
  "$python" -m venv build/tf
  build/tf/bin/python -m pip install --quiet --disable-pip-version-check \
    "tensorflow-cpu>=2.21,<2.22" "scikit-learn>=1.4,<2"
fi
