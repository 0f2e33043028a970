# usage: foreground.pl DIRECTORY COMMAND ARGS...
#
# Runs COMMAND as a child and stands in for it: signals, terminal, exit status.
# scripts/sandbox needs this because only a child can be inside a PID namespace,
# and nsenter's own waiting parent dies of Ctrl-C or TERM while the child goes on.
#
# The child gets its own process group, so that a Ctrl-C (or the group kill of
# timeout(1)) reaches it once and not a second time by forwarding.
use strict;
use warnings;
use POSIX qw(:sys_wait_h tcgetpgrp tcsetpgrp);

my $dir = shift;
if (!chdir $dir) {	# nsenter has left us in the root directory of the sandbox
	print STDERR "sandbox: cannot enter $dir inside the sandbox: $!\n",
		"sandbox: call from another directory (its /run and /var/lib/libvirt are its own)\n";
	exit 125;
}

my $tty;
open($tty, '+<', '/dev/tty') or undef $tty;
sub in_front { return $tty && tcgetpgrp(fileno $tty) == getpgrp() }

# Giving the terminal away from the background would stop us; that is wanted
# only when we were in front, which every caller has checked.
sub give_tty {
	my ($group) = @_;
	local $SIG{TTOU} = 'IGNORE';
	tcsetpgrp(fileno $tty, $group);
}

my $front = in_front();
my $child = fork;
defined $child or die "sandbox: cannot fork: $!\n";
if (!$child) {
	setpgrp(0, 0);
	give_tty(getpgrp()) if $front;
	# A KILL cannot be forwarded; so the kernel passes it on.
	exec 'setpriv', '--pdeathsig', 'KILL', '--', @ARGV or exit 127;
}
setpgrp($child, $child);
give_tty($child) if $front;
my $sent;
for my $name (qw(HUP INT QUIT TERM USR1 USR2 ALRM)) {
	$SIG{$name} = sub { $sent = $name; kill $name, $child };
}

my $status;
while (waitpid($child, WUNTRACED) == $child) {
	$status = ${^CHILD_ERROR_NATIVE};	# $? says nothing of stops
	last unless WIFSTOPPED($status);
	# Ctrl-Z: stop as the child did, and wake it when the shell wakes us.
	give_tty(getpgrp()) if $front;
	kill 'STOP', $$;
	$front = in_front();
	give_tty($child) if $front;
	kill 'CONT', -$child;
}
# timeout(1) signals a whole group, of which we are the only one here. What the
# child leaves running when it ends of a signal would otherwise go on for ever.
kill $sent, -$child if $sent;
give_tty(getpgrp()) if $front;
exit(defined $status ? WIFSIGNALED($status) ? 128 + WTERMSIG($status) : WEXITSTATUS($status) : 125);
