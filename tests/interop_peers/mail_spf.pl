#!/usr/bin/perl
# Checks clients with Mail::SPF: a JSON object on each line of stdin, an answer on each of stdout. The
# object has all of DNS, as answers to "TYPE name"; what is not there is NXDOMAIN.
use strict;
use warnings;
use JSON::PP;
use Mail::SPF;
use Net::DNS;

if (@ARGV && $ARGV[0] eq '--version') {
    print version->parse($Mail::SPF::VERSION)->normal, "\n";
    exit;
}

# What Mail::SPF takes of Net::DNS::Resolver.
package Table {
    sub new {
        my ($class, $answers) = @_;
        return bless { answers => $answers, error => '' }, $class;
    }

    sub errorstring { return $_[0]{error} }

    sub send {
        my ($self, $name, $type) = @_;
        my $answer = $self->{answers}{"$type \L$name"} // { error => 'nxdomain' };
        my $error = $answer->{error} // '';
        $self->{error} = $error eq 'timeout' ? $error : '';
        return undef if $error eq 'timeout';
        my $packet = Net::DNS::Packet->new($name, $type, 'IN');
        $packet->header->rcode(
            { nxdomain => 'NXDOMAIN', servfail => 'SERVFAIL', refused => 'REFUSED' }->{$error}
                // 'NOERROR');
        my $names = $answer->{names} // [];
        my @owners = ($name, @{$names}[1 .. $#$names]);
        for my $n (1 .. $#owners) {
            $packet->push(answer => Net::DNS::RR->new(
                owner => $owners[$n - 1], type => 'CNAME', cname => $owners[$n]));
        }
        $packet->push(answer => map { to_record($owners[-1], $type, $_) }
            @{$answer->{records} // []});
        return $packet;
    }

    sub to_record {
        my ($owner, $type, $record) = @_;
        my %values =
            $type eq 'TXT' ? (txtdata => [$record eq '' ? '' : $record =~ /.{1,255}/gs])
            : $type eq 'MX' ? (preference => $record->[0], exchange => $record->[1])
            : $type eq 'PTR' ? (ptrdname => $record)
            : (address => $record);
        return Net::DNS::RR->new(owner => $owner, type => $type, %values);
    }
}

sub check {
    my ($request) = @_;
    my $server = Mail::SPF::Server->new(
        dns_resolver => Table->new($request->{answers}),
        default_authority_explanation => 'DEFAULT',
        hostname => 'mx.example.net',
    );
    my $is_null = $request->{mailFrom} eq '';
    my $result = $server->process(Mail::SPF::Request->new(
        scope => $is_null ? 'helo' : 'mfrom',
        identity => $is_null ? $request->{helo} : $request->{mailFrom},
        helo_identity => $request->{helo},
        ip_address => $request->{ip},
    ));
    my $explanation = $result->can('authority_explanation')
        ? $result->authority_explanation : undef;
    return {
        result => $result->code,
        explanation => defined $explanation ? "$explanation" : undef,
    };
}

$| = 1;
my $json = JSON::PP->new->ascii;
while (my $line = <STDIN>) {
    my $request = $json->decode($line);
    my $answer = eval { check($request) } // { result => ref $@ || 'error' };
    print $json->encode($answer), "\n";
}
