#!/bin/sh -eu
# First process of a user-mode Linux. Its root is the machine's own, read-only through hostfs; what is written goes to an overlay in
# memory. What comes out comes out through one folder, the exchange. Nothing goes on after a command that failed: a pivot_root
# that failed unseen would leave all that follows on the machine's own root.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
step="reading /proc"
power_off() {
    [ -z "$step" ] || echo "labgen-uml: stopped at: $step"
    sync
    echo o >/proc/sysrq-trigger && sleep 5
    exit 1 # where there is no such trigger: the kernel stops with a panic
}
trap power_off EXIT

# The kernel of an ordinary user runs in a user namespace, where root's files look like nobody's: mount, which becomes the owner of its
# file, would become nobody. It does not on mounts with nosuid, nor with no_new_privs, before there is such a mount.
setpriv --no-new-privs mount -t proc proc /proc
parameter() { tr ' ' '\n' </proc/cmdline | sed -n "s/^labgen\.$1=//p"; }
exchange=$(parameter exchange)
step="making sure that the machine's root is read-only"
grep -q '^[^ ]* / hostfs ro[, ]' /proc/mounts
setpriv --no-new-privs mount -o remount,bind,ro,nosuid /
test -d "$exchange"

step="mounting memory"
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 memory /mnt
mkdir -p /mnt/lib/modules /mnt/upper /mnt/work /mnt/root
step="loading modules"
mount --bind /usr/lib/uml/modules /mnt/lib/modules
modprobe -d /mnt -a $(parameter modules | tr ',' ' ')
umount /mnt/lib/modules

step="changing root to the overlay"
mount -t overlay -o nosuid,lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
cd /mnt/root
mkdir -p .machine lib/modules
pivot_root . .machine
cd /
test "$(stat -f -c %T /)" = overlayfs
test "$(stat -f -c %T /.machine)" != overlayfs
step="mounting what a system has"
mount --bind /.machine/usr/lib/uml/modules lib/modules
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devices /dev
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o newinstance,ptmxmode=666 devpts /dev/pts
mount -t tmpfs memory /dev/shm
mount -t mqueue mqueue /dev/mqueue
mount -t tmpfs -o mode=755 memory /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ln -sfn /proc/self/fd /dev/fd
ip link set lo up
hostname uml
step="mounting the exchange"
mkdir -p /run/exchange
mount -t hostfs -o "$exchange" exchange /run/exchange

step="running the command"
status=0
sh /run/exchange/command >/run/exchange/stdout 2>/run/exchange/stderr </dev/null || status=$?
echo "$status" >/run/exchange/status.new
mv /run/exchange/status.new /run/exchange/status
step=
