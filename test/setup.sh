#!/usr/bin/env bash
# Installs what the tests need besides Node and npm packages: a real Redis, Prometheus with promtool, Alertmanager, Chromium, faketime,
# kcat with its mock of Kafka, Python, zsh and fish, and what a host of producers may have: curl, wget, busybox.
# Does nothing when they are there. Says what is missing when it cannot be installed; nothing is ever skipped.
set -euo pipefail

# command:Debian package
needed=(redis-server:redis-server prometheus:prometheus promtool:prometheus
  prometheus-alertmanager:prometheus-alertmanager chromium-headless-shell:chromium-headless-shell faketime:faketime
  kcat:kcat python3:python3 zsh:zsh fish:fish curl:curl wget:wget busybox:busybox)

missing_commands=()
missing_packages=()
find_missing() {
  missing_commands=()
  missing_packages=()
  local entry
  for entry in "${needed[@]}"; do
    if command -v "${entry%%:*}" >/dev/null; then continue; fi
    missing_commands+=("${entry%%:*}")
    case " ${missing_packages[*]-} " in
      *" ${entry##*:} "*) ;;
      *) missing_packages+=("${entry##*:}") ;;
    esac
  done
}

give_up() {
  {
    echo "test/setup.sh: $1"
    echo "The tests need these commands on the PATH: ${missing_commands[*]}"
    echo "On Debian or Ubuntu: sudo apt-get install --no-install-recommends ${missing_packages[*]}"
    echo "Elsewhere: install Redis 7, Prometheus 2 (with promtool), Alertmanager 0.25 (as prometheus-alertmanager), the headless shell of Chromium (as chromium-headless-shell), libfaketime, kcat (with librdkafka 2), Python 3, zsh, fish, curl, wget and busybox"
    echo "from their own packages."
  } >&2
  exit 1
}

find_missing
if [ ${#missing_commands[@]} -eq 0 ]; then exit 0; fi

command -v apt-get >/dev/null || give_up 'there is no apt-get here to install them with.'
as_root=(env)
if [ "$EUID" -ne 0 ]; then
  command -v sudo >/dev/null || give_up 'installing packages takes root, and there is no sudo.'
  as_root=(sudo env)
fi

# RUNLEVEL=1 keeps the packages from starting their services; the tests start their own, on free ports.
install=("${as_root[@]}" DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  apt-get install --yes --quiet --no-install-recommends "${missing_packages[@]}")
echo "Installing ${missing_packages[*]} for the tests"
"${as_root[@]}" apt-get update --quiet || give_up 'apt-get update failed.'
"${install[@]}" || give_up 'apt-get install failed.'

# systemd does not look at RUNLEVEL.
if [ -d /run/systemd/system ]; then
  for service in "${missing_packages[@]}"; do
    if systemctl --quiet is-active "$service"; then
      "${as_root[@]}" systemctl disable --now "$service"
    fi
  done
fi

hash -r
find_missing
if [ ${#missing_commands[@]} -gt 0 ]; then give_up 'they are still missing after the installation.'; fi
