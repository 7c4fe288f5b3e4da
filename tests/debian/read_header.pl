# Prints, for each file, what a Perl module reads from its Authentication-Results fields.

use strict;
use warnings;
use Encode qw(decode);
use JSON::PP;

# What is malformed is what they are asked about.
local $SIG{__WARN__} = sub { };

my $name = 'Authentication-Results';

sub email_mime {
    require Email::MIME;
    my ($octets) = @_;
    my $message = Email::MIME->new($octets);
    return ($message->header_raw($name), $message->header_str($name));
}

sub mail_header {
    require Mail::Header;
    my ($octets) = @_;
    open my $file, '<:raw', \$octets or die;
    local $/ = "\n";
    my @values = Mail::Header->new($file)->get($name);
    return (@values, map { decode('MIME-Header', $_) } @values);
}

# The authserv-id in front of each value that the parser takes.
sub authentication_results {
    require Mail::AuthenticationResults::Parser;
    my ($octets) = @_;
    return map { parse_results($_) } email_mime($octets), mail_header($octets);
}

sub parse_results {
    my ($value) = @_;
    my $results = eval { Mail::AuthenticationResults::Parser->new->parse($value) };
    return () unless defined $results;
    my @words = map { $_->key . '=' . $_->value } grep { $_->can('key') } @{ $results->children };
    return join '; ', $results->value->value, @words;
}

my %readers = (
    'Email::MIME'                 => \&email_mime,
    'Mail::Header'                => \&mail_header,
    'Mail::AuthenticationResults' => \&authentication_results,
);

my $reader = $readers{ shift @ARGV } or die;
my @all;
for my $path (@ARGV) {
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    my $octets = <$file>;
    push @all, [ grep { defined } eval { $reader->($octets) } ];
}
print JSON::PP->new->ascii->encode(\@all);
