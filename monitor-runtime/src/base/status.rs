//! The one table of HTTP and gRPC statuses that mean "the server failed".

/// A status code of gRPC: <https://grpc.io/docs/guides/status-codes>.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Grpc {
    /// Its number, as in `grpc-status`.
    pub(crate) number: u8,
    /// Its name, as in OpenTelemetry's `rpc.response.status_code`.
    pub(crate) name: &'static str,
    /// `true` if the service has failed, rather than its caller:
    /// <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>.
    pub(crate) failed: bool,
}

const fn code(number: u8, name: &'static str, failed: bool) -> Grpc {
    Grpc {
        number,
        name,
        failed,
    }
}

/// Indexed by number.
static GRPC: [Grpc; 17] = [
    code(0, "OK", false),
    code(1, "CANCELLED", false),
    UNKNOWN,
    code(3, "INVALID_ARGUMENT", false),
    DEADLINE_EXCEEDED,
    code(5, "NOT_FOUND", false),
    code(6, "ALREADY_EXISTS", false),
    code(7, "PERMISSION_DENIED", false),
    code(8, "RESOURCE_EXHAUSTED", false),
    code(9, "FAILED_PRECONDITION", false),
    code(10, "ABORTED", false),
    code(11, "OUT_OF_RANGE", false),
    code(12, "UNIMPLEMENTED", true),
    code(13, "INTERNAL", true),
    code(14, "UNAVAILABLE", true),
    code(15, "DATA_LOSS", true),
    code(16, "UNAUTHENTICATED", false),
];

const UNKNOWN: Grpc = code(2, "UNKNOWN", true);
const DEADLINE_EXCEEDED: Grpc = code(4, "DEADLINE_EXCEEDED", true);

impl Grpc {
    pub(crate) const UNKNOWN: &'static Self = &UNKNOWN;
    #[cfg(feature = "enable")]
    pub(crate) const DEADLINE_EXCEEDED: &'static Self = &DEADLINE_EXCEEDED;

    /// Returns the code of a number; `UNKNOWN` for a number that gRPC does not have, as gRPC's
    /// clients do.
    pub(crate) fn from_number(number: i32) -> &'static Self {
        let place = usize::try_from(number).ok();
        place
            .and_then(|place| GRPC.get(place))
            .unwrap_or(Self::UNKNOWN)
    }

    /// Returns the code that a text stands for, such as `5`; `UNKNOWN` for other texts, as gRPC's
    /// clients do.
    #[cfg(feature = "enable")]
    pub(crate) fn parse(number: &[u8]) -> &'static Self {
        let number = str::from_utf8(number).ok();
        let number = number.and_then(|number| number.parse().ok());
        number.map_or(Self::UNKNOWN, Self::from_number)
    }

    /// Returns the code that a variant such as `NotFound` stands for.
    #[cfg(feature = "enable")]
    pub(crate) fn from_variant(variant: &str) -> Option<&'static Self> {
        let letters = |code: &&Self| {
            let name = code.name.bytes().filter(|byte| *byte != b'_');
            name.eq(variant.bytes().map(|byte| byte.to_ascii_uppercase()))
        };
        GRPC.iter().find(letters)
    }

    /// Returns the error class of a failure of the server, `None` for any other status.
    pub(crate) fn class(&self) -> Option<&'static str> {
        self.failed.then_some(self.name)
    }
}

/// The first status of HTTP that is an error of the server.
const FIRST: u16 = 500;

/// `500501502…999`: the `http` crate takes any code of three digits.
static DIGITS: [u8; 1500] = {
    const FIGURES: &[u8] = b"0123456789";
    let mut digits = [0; 1500];
    let mut at = 0;
    while at < digits.len() {
        let code = FIRST as usize + at / 3;
        let places = [code / 100, code / 10 % 10, code % 10];
        digits[at] = FIGURES[places[at % 3]];
        at += 1;
    }
    digits
};

/// Returns the error class of an HTTP status: its code from 500 on, `None` below.
pub(crate) fn http_class(status: u16) -> Option<&'static str> {
    let from = usize::from(status.checked_sub(FIRST)?) * 3;
    let digits = DIGITS.get(from..from + 3).unwrap_or(b"5xx");
    std::str::from_utf8(digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_status_is_an_error_from_500_on() {
        for status in [0, 100, 200, 304, 308, 400, 404, 429, 499] {
            assert_eq!(http_class(status), None, "{status}");
        }
        for status in 500..=999 {
            assert_eq!(http_class(status), Some(&*status.to_string()));
        }
    }

    #[test]
    fn six_codes_of_grpc_are_failures_of_the_server() {
        for (place, code) in GRPC.iter().enumerate() {
            assert_eq!(usize::from(code.number), place);
        }
        let failures: Vec<&str> = GRPC.iter().filter_map(Grpc::class).collect();
        let expected = [
            "UNKNOWN",
            "DEADLINE_EXCEEDED",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
        ];
        assert_eq!(failures, expected);
        for strange in [-1, 17, i32::MAX] {
            assert_eq!(Grpc::from_number(strange).name, "UNKNOWN");
        }
    }

    #[cfg(feature = "enable")]
    #[test]
    fn a_variant_has_the_name_of_its_code() {
        for (variant, name) in [
            ("Ok", "OK"),
            ("InvalidArgument", "INVALID_ARGUMENT"),
            ("DataLoss", "DATA_LOSS"),
            ("Unauthenticated", "UNAUTHENTICATED"),
        ] {
            assert_eq!(
                Grpc::from_variant(variant).map(|code| code.name),
                Some(name)
            );
        }
        assert_eq!(Grpc::from_variant("Internals"), None);
    }
}
