#!/bin/sh
# The first process of a light host: builds its root from the shared tree, gives up what could touch the machine, and
# becomes sshd. Runs in mount, process, host name, message and network namespaces of its own, with everything it is to
# use under /mnt (infra.lab.guests.fleet_supervisor puts it there).
# Usage: light_host.sh NAME ADDRESS PREFIX-LENGTH GATEWAY
set -eu
own=/mnt/$1
cd "$own"
hostname "$1"
ip -batch - << END
link set lo up
addr add $2/$3 dev eth0
link set eth0 up
route add default via $4
END
mount -t overlay overlay -o "lowerdir=/mnt/tree,upperdir=$own/upper,workdir=$own/work" root
cd root
mount -t proc -o nosuid,nodev,noexec proc proc
for path in bus fs irq sys sysrq-trigger; do   # they are the machine's, as far as its kernel has them
    [ -e "proc/$path" ] || continue
    mount --bind "proc/$path" "proc/$path"
    mount -o remount,bind,ro,nosuid,nodev,noexec "proc/$path"
done
for path in kcore keys timer_list; do
    [ -e "proc/$path" ] || continue
    mount --bind /mnt/dev/null "proc/$path"
done
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount --bind /mnt/dev dev
mount -o remount,bind,ro,nosuid,noexec dev     # all hosts share it
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
mount -t tmpfs -o nosuid,nodev shm dev/shm
mount -t tmpfs -o mode=0755,nosuid,nodev run run
mkdir run/sshd run/lock
pivot_root . mnt
# no mounting, no devices, no modules, no clock, no kernel log: what is left concerns this host's namespaces only
# shellcheck disable=SC2016
exec chroot . /bin/sh -c 'umount -l /mnt && exec setpriv "$@"' sh \
    --bounding-set -sys_admin,-sys_module,-sys_boot,-sys_rawio,-sys_time,-sys_pacct,-syslog,-mknod,-mac_admin,-mac_override,-perfmon,-bpf,-checkpoint_restore,-wake_alarm,-block_suspend \
    /usr/sbin/sshd -D
