"""The part of the virsh double that stands for libvirtd and QEMU; tests/double/libvirt/virsh says more."""
