#!/usr/bin/perl
# Runs programs in the network namespaces of other containers, all namespaces at once. It reads a job from standard input:
#
#   task KEY PID ADDRESS     the namespace of this process of the host; `self -` is this program's own
#   step PROGRAM BYTES       followed by that many bytes of input; the steps of a task run one after another
#   end
#
# and prints a line of JSON for each step that ran (task, step, exit, output, errors), then `done`. A task ends at its first
# step that fails, unless the step's name ends in `?`. Nothing runs until the whole job has arrived, because its sender may
# die. The argument is a deadline in seconds, after which everything that was started is killed.
#
# Perl, because it is part of every Debian and starts in 3 ms: a job for six nodes starts it a dozen times.
use strict;
use warnings;
use POSIX ();

my $TABLE    = 'redis-chaos';
my $INTAKE   = 'redis-chaos';
my $HANDLE   = '5243:';
my %PROGRAMS = (
    rules    => [qw(nft -f -)],
    counters => [ qw(nft -j list counters table ip), $TABLE ],
    intake   => [qw(ip -batch -)],
    shape    => [qw(tc -batch -)],
    probe    => [qw(perl /toolbox/probe.pl)],
);
my %BUILT_IN = ( unshape => \&unshape, reset => \&reset_connections );

$| = 1;
my ($deadline) = @ARGV;
die "toolbox: expected a deadline in seconds\n" unless ( $deadline // '' ) =~ /^\d+$/;
setpgrp( 0, 0 );
$SIG{ALRM} = sub { print STDERR "toolbox: not done after $deadline s\n"; kill 'KILL', -$$ };
alarm $deadline;

my @tasks = read_job();
my @children;
for my $task (@tasks) {
    my $child = fork // die "toolbox: cannot fork: $!\n";
    if ( $child == 0 ) { run_task($task); POSIX::_exit(0) }
    push @children, $child;
}
waitpid $_, 0 for @children;
syswrite STDOUT, "done\n";

sub read_job {
    my @job;
    while ( my $line = <STDIN> ) {
        chomp $line;
        return @job if $line eq 'end';
        if ( $line =~ /^task (\S+) (\d+|self) (\S+)$/ ) {
            push @job, { key => $1, pid => $2, address => $3, steps => [] };
        }
        elsif ( @job && $line =~ /^step (\w+)(\??) (\d+)$/ && ( $PROGRAMS{$1} || $BUILT_IN{$1} ) ) {
            my ( $name, $optional, $bytes, $input ) = ( $1, $2, $3, '' );
            while ( length $input < $bytes ) {
                read( STDIN, $input, $bytes - length $input, length $input ) or die "toolbox: the job ended early\n";
            }
            push @{ $job[-1]{steps} }, { name => $name, optional => $optional, input => $input };
        }
        else { die "toolbox: this line of the job is not understood: $line\n" }
    }
    die "toolbox: the job ended early\n";
}

sub run_task {
    my ($task) = @_;
    my @enter;
    if ( $task->{pid} ne 'self' ) {
        my ( $namespace, $problem ) = namespace_of($task);
        return report( $task, 'enter', 1, '', $problem ) if $problem;
        $task->{namespace} = $namespace;
        @enter = ( 'nsenter', '--net=/proc/self/fd/' . fileno $namespace );
    }
    my $device = 'lo';
    if ( @enter && grep { $_->{name} eq 'unshape' || $_->{input} =~ /\@device\@/ } @{ $task->{steps} } ) {
        my ( $exit, $output, $errors ) = run( [ @enter, qw(ip -o -4 address show to), $task->{address} ], '' );
        ($device) = $output =~ /^\d+:\s+(\S+)/;
        return report( $task, 'enter', $exit || 1, '', $errors || 'no device has its address' ) unless $device;
    }
    for my $step ( @{ $task->{steps} } ) {
        my ( $exit, $output, $errors ) =
          $BUILT_IN{ $step->{name} }
          ? $BUILT_IN{ $step->{name} }->( \@enter, $device, $step->{input} )
          : run( [ @enter, @{ $PROGRAMS{ $step->{name} } } ], $step->{input} =~ s/\@device\@/$device/gr );
        report( $task, $step->{name}, $exit, $output, $errors );
        return if $exit != 0 && !$step->{optional};
    }
}

# A handle of the task's namespace, or what is wrong. The process may have ended and its id been reused, even by a process
# on the host's own network: only the node's namespace has the node's address.
sub namespace_of {
    my ($task) = @_;
    my $path = "/proc/$task->{pid}/ns/net";
    local $^F = 1000;
    open my $namespace, '<', $path or return ( undef, "its network namespace cannot be opened: $!" );
    my $routes = '';
    if ( open my $file, '<', "/proc/$task->{pid}/net/fib_trie" ) { local $/; $routes = <$file> // '' }
    my $is_its = $routes =~ m{\|-- \Q$task->{address}\E\n\s+/32 host LOCAL};
    my ( $opened, $now ) = ( ( stat $namespace )[1], ( stat $path )[1] );
    return ($namespace) if $is_its && defined $now && $opened == $now;
    return ( undef, "process $task->{pid} is not that of the node with address $task->{address}" );
}

# Removes the queues of an earlier job, if there are any; other queues stay.
sub unshape {
    my ( $enter, $device ) = @_;
    my ( $exit, $output, $errors ) = run( [ @$enter, qw(tc qdisc show) ], '' );
    return ( $exit, '', $errors ) if $exit != 0;
    my @commands;
    push @commands, [ qw(tc qdisc del dev), $device, 'root' ] if $output =~ /^qdisc htb $HANDLE dev \Q$device\E /m;
    if ( $output =~ /^qdisc \S+ \S+ dev $INTAKE /m ) {
        push @commands, [ qw(tc qdisc del dev), $device, 'ingress' ] if $output =~ /^qdisc ingress \S+ dev \Q$device\E /m;
        push @commands, [ qw(ip link del), $INTAKE ];
    }
    for my $command (@commands) {
        ( $exit, undef, $errors ) = run( [ @$enter, @$command ], '' );
        return ( $exit, '', $errors ) if $exit != 0;
    }
    return ( 0, '', '' );
}

# Ends connections at both ends at once, where the kernel can (INET_DIAG_DESTROY). Lines of ADDRESS PORT OWN: connections to
# that port of the address, and connections from the address to this node's own port.
sub reset_connections {
    my ( $enter, undef, $input ) = @_;
    for my $line ( split /\n/, $input ) {
        my ( $address, $port, $own ) = split / /, $line;
        for my $ends ( [ 'dport', '=', $port ], [ 'sport', '=', $own ] ) {
            my ( $exit, undef, $errors ) = run( [ @$enter, qw(ss -4 -t -H -K dst), $address, @$ends ], '' );
            return ( $exit, '', $errors ) if $exit != 0;
        }
    }
    return ( 0, '', '' );
}

# Runs a program, without a shell; returns its exit code and what it wrote to standard output and standard error.
sub run {
    my ( $command, $input ) = @_;
    my ( $stdin, $stdout, $stderr ) = map { open my $file, '+>', undef or die "toolbox: no room for a file: $!\n"; $file } 1 .. 3;
    syswrite $stdin, $input;
    sysseek $stdin, 0, 0;
    my $child = fork // die "toolbox: cannot fork: $!\n";
    if ( $child == 0 ) {
        open STDIN,  '<&', $stdin;
        open STDOUT, '>&', $stdout;
        open STDERR, '>&', $stderr;
        { no warnings 'exec'; exec { $command->[0] } @$command }
        print STDERR "$command->[0] cannot be run: $!\n";
        POSIX::_exit(127);
    }
    waitpid $child, 0;
    my $exit = $? & 127 ? 128 + ( $? & 127 ) : $? >> 8;
    return ( $exit, map { seek $_, 0, 0; local $/; <$_> // '' } $stdout, $stderr );
}

sub report {
    my ( $task, $step, $exit, $output, $errors ) = @_;
    my $line = sprintf qq({"task":%s,"step":%s,"exit":%d,"output":%s,"errors":%s}\n), quote( $task->{key} ), quote($step),
      $exit, quote($output), quote($errors);
    # In one write, because other tasks print too.
    syswrite STDOUT, $line;
}

sub quote {
    my ($text) = @_;
    $text =~ s/([\x00-\x1f"\\\x7f-\xff])/sprintf '\\u%04x', ord $1/ge;
    return qq("$text");
}
