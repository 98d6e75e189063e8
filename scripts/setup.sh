#!/bin/sh
# Makes .venv: a virtual environment with Beltline (editable) and all its extras, at the versions of constraints.txt.
# Called by `make setup`, from the root of the repository. PYTHON names the interpreter; by default the newest found.
set -eu

say() { echo "setup: $*" >&2; }

case "$(uname -s)" in
    Linux | Darwin) ;;
    *) say "Beltline runs on Linux and macOS, not on $(uname -s). On Windows, use WSL."; exit 1 ;;
esac

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python=
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    if command -v "$candidate" >/dev/null && fits "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    say "Python 3.11 or newer is needed; tried: ${PYTHON:-python3.13 python3.12 python3.11 python3}."
    say "Install it (on Debian or Ubuntu: apt-get install python3 python3-venv) or name it: make setup PYTHON=/path/to/python3"
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    say "$python has no venv module. On Debian or Ubuntu install it: apt-get install python3-venv (or python$version-venv)"
    exit 1
fi

# pip wants a home folder for its cache; where there is none, it keeps the cache beside the environment.
if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then PIP_CACHE_DIR=$PWD/.venv/pip-cache; export PIP_CACHE_DIR; fi
export PIP_DISABLE_PIP_VERSION_CHECK=1

# An environment of another interpreter, or one that was moved here, is made anew.
if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi

# The build back end is installed first, pinned like everything else, so that the build needs no second download.
say "installing the packages of constraints.txt (a minute or so the first time)"
.venv/bin/python -m pip install --quiet -c constraints.txt hatchling editables
.venv/bin/python -m pip install --quiet -c constraints.txt --no-build-isolation -e '.[objects,oidc,test,dev,examples]'
touch .venv/ready
say "ready: $(.venv/bin/python --version) in .venv"
