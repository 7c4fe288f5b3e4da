# Signs and verifies with Mail::DKIM: a JSON object on each line of stdin, an answer on each of
# stdout. Key records are in the file that the first argument names; there is no other DNS.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;
use Mail::DKIM::ARC::Signer;
use Mail::DKIM::ARC::Verifier;
use Mail::DKIM::DkSignature;
use Mail::DKIM::PrivateKey;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;
use Net::DNS;

if ($ARGV[0] eq '--version') {
    print "$Mail::DKIM::Signer::VERSION\n";
    exit 0;
}

open my $file, '<', $ARGV[0] or die "Cannot read $ARGV[0]: $!\n";
my $records = decode_json(do { local $/; <$file> });

{
    package Records;
    sub errorstring { 'NOERROR' }

    sub send {
        my ($self, $name, $type) = @_;
        my $packet = Net::DNS::Packet->new($name, $type);
        my $text = $records->{lc $name};
        if (!defined $text) {
            $packet->header->rcode('NXDOMAIN');
            return $packet;
        }
        my @strings = $text =~ /.{1,255}/g;
        $packet->push(answer => Net::DNS::RR->new(
            name => $name, type => 'TXT', txtdata => \@strings));
        return $packet;
    }
}
Mail::DKIM::DNS::resolver(bless {}, 'Records');

# As the manual of Mail::DKIM does it: whatever ends a line, CRLF is what it gets.
sub feed {
    my ($parser, $message) = @_;
    for my $line ($message =~ /[^\n]*\n|[^\n]+\z/g) {
        chomp $line;
        $line =~ s/\015\z//;
        $parser->PRINT("$line\015\012");
    }
    $parser->CLOSE;
}

sub sign {
    my ($request) = @_;
    my $key = Mail::DKIM::PrivateKey->load(File => $request->{key});
    my $signer = Mail::DKIM::Signer->new(
        Algorithm => $request->{algorithm},
        Method => $request->{canonicalization},
        Domain => $request->{domain},
        Selector => $request->{selector},
        Key => $key,
        $request->{scheme} ne 'domainkeys' ? () : (Policy => sub {
            my ($signer) = @_;
            $signer->add_signature(Mail::DKIM::DkSignature->new(
                Algorithm => $request->{algorithm},
                Method => $request->{canonicalization},
                Headers => $signer->headers,
                Domain => $request->{domain},
                Selector => $request->{selector},
            ));
            return;
        }),
    );
    my $message = decode_base64($request->{message});
    feed($signer, $message);
    my $field = $signer->signature->as_string . "\015\012";
    $field =~ s/\015\012/\012/g if $message !~ /\015\012/;
    return { signed => encode_base64($field . $message, '') };
}

sub find_signatures {
    my ($request) = @_;
    my $verifier = Mail::DKIM::Verifier->new;
    feed($verifier, decode_base64($request->{message}));
    my $is_old = $request->{scheme} eq 'domainkeys';
    return grep { $_->isa('Mail::DKIM::DkSignature') == $is_old } $verifier->signatures;
}

sub verify {
    my ($request) = @_;
    for my $signature (find_signatures($request)) {
        next if $signature->selector ne $request->{selector};
        return { result => $signature->result_detail };
    }
    return { result => 'not found' };
}

# Whosever signature is good; what became of each, if none is.
sub verify_all {
    my ($request) = @_;
    my @results = map { $_->result_detail } find_signatures($request);
    return { result => (grep { $_ eq 'pass' } @results) ? ['pass'] : \@results };
}

# With ARC.
sub seal {
    my ($request) = @_;
    my $sealer = Mail::DKIM::ARC::Signer->new(
        Algorithm => 'rsa-sha256',
        Chain => $request->{chain},
        Domain => $request->{domain},
        Selector => $request->{selector},
        SrvId => $request->{host},
        Key => Mail::DKIM::PrivateKey->load(File => $request->{key}),
    );
    my $message = decode_base64($request->{message});
    feed($sealer, $message);
    return { error => $sealer->result_detail } if $sealer->result ne 'sealed';
    my $fields = $sealer->as_string;
    $fields =~ s/\015\012/\012/g if $message !~ /\015\012/;
    return { signed => encode_base64($fields . $message, '') };
}

sub validate {
    my ($request) = @_;
    my $verifier = Mail::DKIM::ARC::Verifier->new;
    feed($verifier, decode_base64($request->{message}));
    return { result => $verifier->result };
}

my %does = (
    sign => \&sign,
    verify => \&verify,
    'verify all' => \&verify_all,
    seal => \&seal,
    validate => \&validate,
);

$| = 1;
while (my $line = <STDIN>) {
    my $request = decode_json($line);
    my $answer = eval {
        $does{ $request->{do} }->($request);
    } || { error => "$@" };
    print encode_json($answer), "\n";
}
