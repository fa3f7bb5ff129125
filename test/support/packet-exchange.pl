# Sends single packets to other nodes, and tells which of theirs have come, by raw sockets: a packet has a direction, which a
# connection has not. Arguments: own address and port, then address and port of each other node. Lines on standard input:
#
#   send           one packet of each kind to each other node
#   flood I N      N packets of kind data-to to the other node with index I of the arguments
#   tell           prints "ADDRESS KIND COUNT" for all that has come since it was told last
#
# and after each of them it prints "done". A kind tells which port of which end a packet has.
use strict;
use warnings;
use Socket qw(AF_INET SOCK_RAW SOL_SOCKET SO_RCVBUFFORCE SO_RCVBUF MSG_DONTWAIT inet_aton inet_ntoa pack_sockaddr_in unpack_sockaddr_in);

my $MAGIC = 'packet-exchange';
my $BUS   = 10_000;
my $OTHER = 45_678;
my ( $address, $port, @rest ) = @ARGV;
my @others;
push @others, { address => shift @rest, port => shift @rest } while @rest;

socket my $socket, AF_INET, SOCK_RAW, 6 or die "no raw socket: $!";
setsockopt $socket, SOL_SOCKET, SO_RCVBUF, 4_000_000;
bind $socket, pack_sockaddr_in( 0, inet_aton($address) ) or die "cannot bind $address: $!";
$| = 1;
while ( my $line = <STDIN> ) {
    my ( $command, $index, $count ) = split ' ', $line;
    if ( $command eq 'send' ) {
        for my $other (@others) { transmit( $other, $_ ) for qw(data-to data-from bus-to bus-from other) }
    }
    elsif ( $command eq 'flood' ) { transmit( $others[$index], 'data-to' ) for 1 .. $count }
    else                          { tell_all() }
    print "done\n";
}

sub transmit {
    my ( $other, $kind ) = @_;
    my ( $from, $to ) = ( $OTHER, $OTHER );
    $to   = $other->{port}        if $kind eq 'data-to';
    $from = $port                 if $kind eq 'data-from';
    $to   = $other->{port} + $BUS if $kind eq 'bus-to';
    $from = $port + $BUS          if $kind eq 'bus-from';
    # An acknowledgement that belongs to no connection.
    my $segment = pack( 'n n N N C C n n n', $from, $to, 1, 1, 5 << 4, 0x10, 1024, 0, 0 ) . "$MAGIC $kind";
    # One that a rule of the sender stops is refused: the other end tells that it has not come.
    send $socket, $segment, 0, pack_sockaddr_in( 0, inet_aton( $other->{address} ) );
}

sub tell_all {
    my %came;
    while ( defined recv $socket, my $packet, 65_535, MSG_DONTWAIT ) {
        my $header = ( ord($packet) & 15 ) * 4;
        my $from   = inet_ntoa( substr $packet, 12, 4 );
        my $text   = substr $packet, $header + 20;
        $came{"$from $1"}++ if $text =~ /^$MAGIC (\S+)$/;
    }
    print "$_ $came{$_}\n" for sort keys %came;
}
