#!/bin/sh
# A command in a copy of a Debian tree, with this checkout and its Python in it: no kernel and no systemd of its own, and
# the running kernel's parameters read only. Runs in new namespaces of mounts and processes; all is gone with them.
#   in_a_tree.sh TREE FOLDER CHECKOUT PYTHON COMMAND...
set -eu
tree=$1 folder=$2 checkout=$3 python=$4
shift 4
mount -t tmpfs -o size=2500m none "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay -o "lowerdir=$tree,upperdir=$folder/upper,workdir=$folder/work" none "$folder/root"
root=$folder/root
mount -t proc none "$root/proc"
mount -o bind,ro /proc/sys "$root/proc/sys"
mount -t sysfs -o ro none "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs none "$root/run"
mount -t tmpfs none "$root/tmp"
mkdir -p "$root/run/sshd" "$root/run/lock" "$root/run/home" "$root/$checkout" "$root/$python"
mount --bind "$checkout" "$root/$checkout"
mount --bind "$python" "$root/$python"
cp /etc/resolv.conf "$root/etc/resolv.conf"
rm -f "$root"/etc/apt/sources.list.d/*
cp -R /etc/apt/sources.list* "$root/etc/apt/" # the machine's own mirror
# the kernel's audit is not this tree's to change
chroot "$root" dpkg-divert --quiet --rename --divert /sbin/auditctl.real /sbin/auditctl
cp "$root/bin/true" "$root/usr/sbin/auditctl"
chroot "$root" useradd -m -s /bin/bash exploitation
chroot "$root" ssh-keygen -A > /dev/null
# no exec: Ansible takes it for a chroot, and lets systemd be, where the first process has another root
code=0
chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 PATH="$checkout/.joliba/venv/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$@" || code=$?
exit "$code"
