#!/usr/bin/perl
# Tries connections from its own network namespace, all at once. It reads lines of
#
#   ID ADDRESS PORT CHANNEL BYTES TIMEOUT
#
# (CHANNEL data or bus; BYTES, the size of the question on a data channel; TIMEOUT, ms) and prints a line of JSON for each:
# probe, outcome (open: the server itself answered; refused: reset or closed; silent) and, with open, roundTripMs.
use strict;
use warnings;
use Errno qw(EINPROGRESS EAGAIN EINTR ECONNREFUSED ECONNRESET EPIPE);
use IO::Socket::INET;
use POSIX ();
use Socket qw(SOL_SOCKET SO_ERROR IPPROTO_TCP TCP_NODELAY pack_sockaddr_in inet_aton);

# A minimal Perl has no clock finer than a second, but every system call: the number of clock_gettime, by architecture.
my %CLOCK_GETTIME   = ( x86_64 => 228, aarch64 => 113, riscv64 => 113, ppc64le => 246, s390x => 260, armv7l => 263 );
my $CLOCK_MONOTONIC = 1;
my $machine         = ( POSIX::uname() )[4];
my $call            = $CLOCK_GETTIME{$machine} or die "probe: no clock is known for $machine\n";

$| = 1;
$SIG{PIPE} = 'IGNORE';
my %open;
while (<STDIN>) {
    my ( $id, $address, $port, $channel, $bytes, $timeout ) = split;
    begin( { id => $id, channel => $channel, bytes => $bytes, until => now() + $timeout }, $address, $port );
}
while (%open) {
    my ( $reading, $writing, $next ) = ( '', '', undef );
    for my $probe ( values %open ) {
        if ( now() >= $probe->{until} ) { finish( $probe, 'silent' ); next }
        vec( $reading, fileno $probe->{socket}, 1 ) = 1 if $probe->{connected};
        vec( $writing, fileno $probe->{socket}, 1 ) = 1 if !$probe->{connected} || length $probe->{unsent};
        $next = $probe->{until} if !defined $next || $probe->{until} < $next;
    }
    last unless defined $next;
    my $wait = ( $next - now() ) / 1000;
    select( $reading, $writing, undef, $wait > 0 ? $wait : 0 ) > 0 or next;
    for my $probe ( values %open ) {
        my $number = fileno $probe->{socket};
        if    ( vec( $writing, $number, 1 ) ) { $probe->{connected} ? ask($probe) : connected($probe) }
        elsif ( vec( $reading, $number, 1 ) ) { answered($probe) }
    }
}

sub now {
    my $time = pack 'l! l!', 0, 0;
    syscall( $call, $CLOCK_MONOTONIC, $time ) == 0 or die "probe: no clock: $!\n";
    my ( $seconds, $nanoseconds ) = unpack 'l! l!', $time;
    return 1000 * $seconds + $nanoseconds / 1_000_000;
}

sub begin {
    my ( $probe, $address, $port ) = @_;
    $probe->{socket} = IO::Socket::INET->new( Proto => 'tcp', Type => SOCK_STREAM ) or die "probe: no socket: $!\n";
    $probe->{socket}->blocking(0);
    setsockopt $probe->{socket}, IPPROTO_TCP, TCP_NODELAY, 1;
    $open{ $probe->{id} } = $probe;
    return if connect $probe->{socket}, pack_sockaddr_in( $port, inet_aton($address) );
    failed( $probe, $! + 0 ) unless $! == EINPROGRESS;
}

sub connected {
    my ($probe) = @_;
    my $error = unpack 'i', getsockopt $probe->{socket}, SOL_SOCKET, SO_ERROR;
    return failed( $probe, $error ) if $error;
    $probe->{connected} = 1;
    $probe->{asked}     = now();
    $probe->{unsent}    = $probe->{channel} eq 'bus' ? bus_ping() : data_ping( $probe->{bytes} );
    ask($probe);
}

sub ask {
    my ($probe) = @_;
    my $sent = syswrite $probe->{socket}, $probe->{unsent};
    if    ( defined $sent ) { substr $probe->{unsent}, 0, $sent, '' }
    elsif ( $! != EAGAIN && $! != EINTR ) { failed( $probe, $! + 0 ) }
}

# Any reply of a server will do, even NOAUTH; on the bus, only another bus message.
sub answered {
    my ($probe) = @_;
    my $got = sysread $probe->{socket}, my $answer, 4096;
    if ( !defined $got ) {
        return $! == EAGAIN || $! == EINTR ? undef : failed( $probe, $! + 0 );
    }
    my $is_open = $got > 0 && ( $probe->{channel} eq 'data' || $answer =~ /^RCmb/ );
    finish( $probe, $is_open ? 'open' : 'refused' );
}

# Something on the way may report the address as unreachable: that is not an answer of the server.
sub failed {
    my ( $probe, $error ) = @_;
    return finish( $probe, 'refused' ) if grep { $error == $_ } ECONNREFUSED, ECONNRESET, EPIPE;
    finish( $probe, 'silent' );
}

sub finish {
    my ( $probe, $outcome ) = @_;
    my $took = $outcome eq 'open' ? sprintf ',"roundTripMs":%.3f', now() - $probe->{asked} : '';
    printf qq({"probe":%d,"outcome":"%s"%s}\n), $probe->{id}, $outcome, $took;
    delete( $open{ $probe->{id} } )->{socket}->close;
}

# An inline command, which a server answers without authentication. Its size is BYTES, if possible.
sub data_ping {
    my ($bytes) = @_;
    my $padding = $bytes - length "PING \r\n";
    return $padding > 0 ? 'PING ' . ( 'x' x $padding ) . "\r\n" : "PING\r\n";
}

# A ping on the cluster bus from an unknown node: every node answers it and remembers nothing about it
# (cluster.c: clusterProcessPacket; struct clusterMsg, 2256 bytes without data, protocol 1: Redis 6.0 to 8.0, Valkey 9.1).
sub bus_ping {
    my $nobody = '0' x 40;
    return pack 'a4 N n n n n Q> Q> Q> a40 a2048 a40 a46 n a30 n n n C a3', 'RCmb', 2256, 1, 0, 0, 0, 0, 0, 0, $nobody,
      '', '', '', 0, '', 0, 0, 0, 0, '';
}
