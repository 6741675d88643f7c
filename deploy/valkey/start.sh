#!/bin/sh
# Writes users.acl with hashes of the passwords, not the passwords, then becomes the server.
set -eu
umask 077
hash() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }
sed -e "s/ENGINE_PASSWORD_SHA256/$(hash "$ENGINE_PASSWORD")/" -e "s/READER_PASSWORD_SHA256/$(hash "$READER_PASSWORD")/" \
    /etc/valkey/users.acl.template > /run/valkey/users.acl
unset ENGINE_PASSWORD READER_PASSWORD
exec valkey-server /etc/valkey/valkey.conf
