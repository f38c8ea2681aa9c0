# Says DHCPOFFER, as a server would that somebody plugged in. Argument: the port. The client it is for, and the transaction, are
# nobody's, so that no client takes it.
use strict;
use Socket;
socket(my $s, PF_INET, SOCK_DGRAM, 17) or die "no socket: $!\n";
setsockopt $s, SOL_SOCKET, SO_REUSEADDR, 1;
setsockopt $s, SOL_SOCKET, SO_BROADCAST, 1;
setsockopt $s, SOL_SOCKET, 25, pack "Z16", $ARGV[0] or die "no port $ARGV[0]: $!\n";
bind $s, sockaddr_in(67, INADDR_ANY) or die "port 67: $!\n";
my $us = inet_aton("192.0.2.1");
my $header = pack "C4 N n n a4 a4 a4 a4 H12 x10 x64 x128", 2, 1, 6, 0, 0x6c616267, 0, 32768, "", inet_aton("192.0.2.99"), $us, "", "026c61626700";
my $options = pack "C3 C2 a4 C2 N C2 a4 C2 a4 C", 53, 1, 2, 54, 4, $us, 51, 4, 3600, 1, 4, inet_aton("255.255.255.0"), 3, 4, $us, 255;
my $message = $header . pack("N", 0x63825363) . $options;
$message .= "\0" x (300 - length $message);
for (1 .. 3) {
    send $s, $message, 0, sockaddr_in(68, INADDR_BROADCAST) or die "not sent: $!\n";
    select undef, undef, undef, 0.1;
}
print "offered\n";
