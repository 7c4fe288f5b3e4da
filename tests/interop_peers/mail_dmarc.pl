#!/usr/bin/perl
# Evaluates DMARC with Mail::DMARC: a JSON object on each line of stdin, an answer on each of stdout. The
# object has the DNS that there is, by name; another name is NXDOMAIN.
use strict;
use warnings;
use JSON::PP;
use Mail::DMARC::PurePerl;
use Net::DNS;

if (@ARGV && $ARGV[0] eq '--version') {
    print "$Mail::DMARC::VERSION\n";
    exit;
}

# What Mail::DMARC takes of Net::DNS::Resolver.
package Table {
    sub new {
        my ($class, $names) = @_;
        return bless { names => $names }, $class;
    }

    sub query { goto &send }

    sub errorstring { return '' }

    sub send {
        my ($self, $name, $type) = @_;
        my $entry = $self->{names}{lc $name};
        return undef if ref $entry && $entry->{outcome} eq 'temporary';
        my $packet = Net::DNS::Packet->new($name, $type, 'IN');
        $packet->header->rcode($entry ? 'NOERROR' : 'NXDOMAIN');
        # It takes a domain without an address for one that is not there.
        $packet->push(answer => Net::DNS::RR->new(
            owner => $name, type => 'A', address => '192.0.2.1')) if $entry && $type eq 'A';
        if ($entry && $type eq 'TXT') {
            $packet->push(answer => map { Net::DNS::RR->new(
                owner => $name, type => 'TXT', txtdata => [$_ =~ /.{1,255}/gs]) }
                @{$entry->{records} // []});
        }
        return $packet;
    }
}

sub evaluate {
    my ($request) = @_;
    my $dmarc = Mail::DMARC::PurePerl->new;
    $dmarc->set_resolver(Table->new($request->{names}));
    $dmarc->header_from($request->{domain});
    $dmarc->dkim([map { { %$_, selector => 's' } } @{$request->{dkim}}]);
    $dmarc->spf([map { { %$_, scope => 'mfrom' } } @{$request->{spf}}]);
    my $result = $dmarc->validate;
    return { result => $result->result, policy => $result->disposition };
}

$| = 1;
my $json = JSON::PP->new->ascii;
while (my $line = <STDIN>) {
    my $request = $json->decode($line);
    my $answer = eval { evaluate($request) } // { result => "error: $@" };
    print $json->encode($answer), "\n";
}
