//! The time stamp counter, read inline instead of through quanta.
//!
//! quanta decides whether the counter may be trusted (invariant, the same on all cores) and what a
//! tick is. Its own read is a call into another crate: of the 60 instructions a monitored call may
//! cost it takes 20, and the registers saved around it as many again. So the instruction itself
//! stands here, and is used only where quanta reads the same counter.
#![allow(unsafe_code)]
#![expect(clippy::inline_always, reason = "it is one instruction")]

/// Reads the counter; 0 on processors other than x86-64.
#[inline(always)]
pub(super) fn read() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction, and it touches no memory.
    return unsafe { std::arch::x86_64::_rdtsc() };
    #[cfg(not(target_arch = "x86_64"))]
    return 0;
}

/// Returns `true` if `clock` reads the time stamp counter: its ticks lie between two direct reads.
pub(super) fn is_read_by(clock: &quanta::Clock) -> bool {
    let between = || {
        let (before, ticks, after) = (read(), clock.raw(), read());
        before < ticks && ticks < after
    };
    between() && between()
}
