//! Reads the process's numbers on Linux from five small files below `/proc` (proc(5)).
//!
//! `procfs`, which parses all of `/proc`, adds 35 ms of link time to each debug build of a service.

use std::fs;
use std::str;
use std::sync::LazyLock;

use super::Process;

/// Read once, because they never change.
static UNITS: LazyLock<Option<Units>> = LazyLock::new(Units::read);

pub(super) fn start_seconds() -> Option<f64> {
    let boot = boot(&fs::read_to_string("/proc/stat").ok()?)?;
    Some(boot + UNITS.as_ref()?.seconds(stat()?.started))
}

pub(super) fn read() -> Process {
    let stat = stat();
    let counted = stat.as_ref().zip(*UNITS);
    Process {
        cpu_seconds: counted.map(|(stat, units)| units.seconds(stat.ticks)),
        resident_bytes: counted.map(|(stat, units)| stat.resident * units.page),
        virtual_bytes: stat.as_ref().map(|stat| stat.size),
        open_fds: open_fds(),
        max_fds: max_fds(&fs::read_to_string("/proc/self/limits").unwrap_or_default()),
        start_seconds: None,
        threads: stat.as_ref().map(|stat| stat.threads),
    }
}

/// The fields that are read from `/proc/self/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    /// Processor time, in user and kernel mode.
    ticks: u64,
    threads: u64,
    /// The start of the process, in ticks since boot.
    started: u64,
    /// Bytes of its address space.
    size: u64,
    /// Pages that are in memory.
    resident: u64,
}

fn stat() -> Option<Stat> {
    Stat::parse(&fs::read("/proc/self/stat").ok()?)
}

impl Stat {
    /// Parses the text. Field numbers are those of `proc_pid_stat(5)`.
    fn parse(text: &[u8]) -> Option<Self> {
        // The second field is the program's name in parentheses. It may contain anything, and is
        // cut at 15 bytes, even inside a character.
        let behind = text.rsplit(|byte| *byte == b')').next()?;
        let behind = str::from_utf8(behind).ok()?;
        let fields: Vec<&str> = behind.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            ticks: field(14)? + field(15)?,
            threads: field(20)?,
            started: field(22)?,
            size: field(23)?,
            resident: field(24)?,
        })
    }
}

/// Returns the seconds since 1970 at boot, from the text of `/proc/stat`.
fn boot(text: &str) -> Option<f64> {
    of_line(text, "btime ")?.parse().ok()
}

/// Returns the soft limit in the text of `/proc/self/limits`, if there is one.
fn max_fds(text: &str) -> Option<u64> {
    of_line(text, "Max open files")?.parse().ok()
}

/// Returns the first word behind the beginning of a line.
fn of_line<'t>(text: &'t str, beginning: &str) -> Option<&'t str> {
    let line = text.lines().find_map(|line| line.strip_prefix(beginning))?;
    line.split_ascii_whitespace().next()
}

fn open_fds() -> Option<u64> {
    const OPEN: &str = "/proc/self/fd";
    // Since Linux 6.2 the directory's size is the number of descriptors.
    let size = fs::metadata(OPEN).ok()?.len();
    if size > 0 {
        return Some(size);
    }
    // One of the entries is the descriptor of the directory itself.
    Some(fs::read_dir(OPEN).ok()?.count().saturating_sub(1) as u64)
}

/// The units of the kernel's numbers, which it passes to every program at its start (getauxval(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Units {
    page: u64,
    ticks_per_second: u64,
}

impl Units {
    fn read() -> Option<Self> {
        Self::parse(&fs::read("/proc/self/auxv").ok()?)
    }

    /// Parses pairs of words: a key and a value.
    fn parse(pairs: &[u8]) -> Option<Self> {
        const PAGE: usize = 6;
        const TICKS: usize = 17;
        const WORD: usize = size_of::<usize>();
        let word = |bytes: &[u8]| bytes.try_into().map(usize::from_ne_bytes).ok();
        let value = |wanted: usize| {
            let mut pairs = pairs.chunks_exact(2 * WORD);
            let pair = pairs.find(|pair| word(&pair[..WORD]) == Some(wanted))?;
            Some(word(&pair[WORD..])? as u64).filter(|value| *value > 0)
        };
        Some(Self {
            page: value(PAGE)?,
            ticks_per_second: value(TICKS)?,
        })
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "2^53 ticks are millions of years"
    )]
    fn seconds(self, ticks: u64) -> f64 {
        ticks as f64 / self.ticks_per_second as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_the_rest() {
        let text = "28568 (a) R 1 (b) S 28559 28559 8322 0 -1 4194304 99 0 0 0 250 31 0 0 20 0 7 0 2564638 \
                    3133440 410 18446744073709551615 94795060842496\n";
        let expected = Stat {
            ticks: 281,
            threads: 7,
            started: 2_564_638,
            size: 3_133_440,
            resident: 410,
        };
        assert_eq!(Stat::parse(text.as_bytes()), Some(expected));
        // A file that ends early causes neither a panic nor a wrong number.
        let last = text.find(" 410").expect("the last number read");
        for length in 0..=last {
            let cut = &text[..length];
            assert_eq!(Stat::parse(cut.as_bytes()), None, "{cut:?}");
        }
    }

    #[test]
    fn a_name_may_be_cut_in_a_character() {
        let mut text = b"1 (zahlungsdienst\xc3) R".to_vec();
        text.extend_from_slice(&b" 1".repeat(30));
        assert_eq!(Stat::parse(&text).map(|stat| stat.ticks), Some(2));
    }

    #[test]
    fn a_limit_may_be_none() {
        let text = |limit| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units     \n\
                 Max processes             95990                95990                processes \n\
                 Max open files            {limit}                 524288               files     \n"
            )
        };
        assert_eq!(max_fds(&text("1024")), Some(1024));
        assert_eq!(max_fds(&text("unlimited")), None);
        assert_eq!(max_fds(""), None);
    }

    #[test]
    fn boot_has_a_line_of_its_own() {
        assert_eq!(
            boot("cpu  1 2\nctxt 7\nbtime 1764170000\n"),
            Some(1_764_170_000.0)
        );
        assert_eq!(boot("cpu  1 2\n"), None);
    }

    #[test]
    fn units_are_those_of_the_system() {
        let units = Units::read().expect("Linux");
        assert!(units.page.is_power_of_two(), "{units:?}");
        assert!((1..=10_000).contains(&units.ticks_per_second), "{units:?}");
        assert_eq!(Units::parse(&[]), None);
        assert_eq!(Units::parse(&[0; 7]), None);
    }

    #[test]
    fn an_open_file_is_counted() {
        let before = open_fds().expect("Linux");
        let files: Vec<_> = (0..50).map(|_| fs::File::open("/proc/self/stat")).collect();
        let after = open_fds().expect("Linux");
        // Other tests run beside this one.
        assert!(
            after >= before.saturating_sub(20) + 50,
            "{before} then {after}"
        );
        drop(files);
    }
}
