"""Real machines in the lab: libvirt and QEMU, OVN on Open vSwitch's userspace datapath, volumes in files. Root only.

Everything beneath the services runs in one *room*: a process with its own mount, network and process namespaces. When
it ends, however it ends, the kernel ends every daemon and guest in it and drops its bridges, taps and mounts. Standard
library only, like the rest of the lab.
"""
