#!/bin/sh
# docker-plugin.sh DRIVER OUT: the folder that `docker plugin create NAME OUT` takes: the driver, the
# libraries it needs, the folders that dockerd mounts things on, and docker/config.json.
set -eu
driver=$1
out=$2
rm -rf "$out"
for folder in dev proc sys tmp run/docker/plugins var/lib/blip/docker usr/bin; do
  mkdir -p "$out/rootfs/$folder"
done
cp "$driver" "$out/rootfs/usr/bin/blip-docker-driver"
strip "$out/rootfs/usr/bin/blip-docker-driver"
ldd "$driver" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$out/rootfs$(dirname "$library")"
  cp -L "$library" "$out/rootfs$library"
done
cp "$(dirname "$0")/../docker/config.json" "$out/"
