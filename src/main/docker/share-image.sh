#!/bin/sh
# Makes the classes.jsa of an image that Jib writes, which runs nothing in it: takes the JVM and the
# proxy out of the image and has share-classes.sh start them here.
#
#   share-image.sh IMAGE.tar FOLDER (where classes.jsa goes)
set -eu

image=$1
folder=$(cd "$2" && pwd)
app=opt/redis-proxy
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/image" "$work/root"
tar -xf "$image" -C "$work/image"
home=$(sed -n 's/.*"JAVA_HOME=\/\([^"]*\)".*/\1/p' "$work/image/config.json")
if [ -z "$home" ]; then
  echo "the base image has no JAVA_HOME that tells where its JVM is; -P '!shared-classes' goes without" >&2
  exit 1
fi
for layer in $(sed 's/.*"Layers":\[\([^]]*\)\].*/\1/; s/[",]/ /g' "$work/image/manifest.json"); do
  # No more than these, since a link elsewhere may lead out of the folder.
  tar --warning=no-unknown-keyword -tf "$work/image/$layer" \
    | grep -E "^(\./)?($home|$app)(/|$)" > "$work/names" || continue
  tar --warning=no-unknown-keyword -xf "$work/image/$layer" -C "$work/root" \
    --no-same-owner --no-recursion -T "$work/names"
done
if ! "$work/root/$home/bin/java" -version 2> "$work/log"; then
  cat "$work/log" >&2
  echo "the image's JVM does not run on this machine; -P '!shared-classes' goes without" >&2
  exit 1
fi

# The JVM compares the files of its class path with those of the archive, by what the names, of which
# these are relative, lead to. So it finds them the same in the image's working directory.
cd "$work/root/$app"
PATH="$work/root/$home/bin:$PATH" sh "$here/share-classes.sh" . $((20000 + $$ % 12000))
mv -f classes.jsa "$folder/"
