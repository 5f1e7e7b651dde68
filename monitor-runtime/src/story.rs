//! What a thread is in the middle of: enough to know one error from the next.
//!
//! An error travels up by value, so nothing marks it as the one an inner function already
//! reported. Two facts tell (DESIGN: one event per failure): the outer function returned `Err`
//! with nothing monitored begun, ended or polled since the inner one did, or the text of the
//! inner error is a link of the outer one's chain. Both need only what happened on this thread
//! while the outer function ran, plus what an outer future keeps of its earlier polls.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;

use crate::site::Site;
use crate::verdict::Link;

/// Functions within functions that a thread knows; of more than these, the innermost.
const DEEPEST: usize = 32;

/// Errors remembered at once, per thread and per future; older ones are forgotten.
const REMEMBERED: usize = 16;

/// An error that came out of a monitored function, and was reported.
#[derive(Clone)]
pub(crate) struct Mark {
    /// The thread's clock of events when it came out.
    tick: u64,
    text: Arc<str>,
}

/// A panic, as the hook saw it, or as a function it unwound did where there is no hook.
struct PanicNote {
    message: Arc<str>,
    /// The thread's clock of events when it began.
    tick: u64,
    /// Whether a function has told the log of it.
    told: bool,
}

struct Here {
    marks: RefCell<VecDeque<Mark>>,
    panics: RefCell<VecDeque<PanicNote>>,
}

/// What every call touches, without a destructor: it is there to the end of its thread, and
/// reaching it costs one instruction.
struct Clock {
    /// Moves when a monitored call begins or ends, and when a future is polled.
    tick: Cell<u64>,
    /// When the last error came out of a monitored function.
    marked: Cell<u64>,
    /// How many monitored functions are running, one within the other.
    depth: Cell<usize>,
    /// The innermost of them, each at its depth.
    running: [Cell<Option<&'static Site>>; DEEPEST],
}

thread_local! {
    static CLOCK: Clock = const {
        Clock {
            tick: Cell::new(0),
            marked: Cell::new(0),
            depth: Cell::new(0),
            running: [const { Cell::new(None) }; DEEPEST],
        }
    };
    static HERE: Here = const {
        Here {
            marks: RefCell::new(VecDeque::new()),
            panics: RefCell::new(VecDeque::new()),
        }
    };
}

/// Moves the thread's clock of events; returns the new time.
#[inline]
pub(crate) fn tick() -> u64 {
    CLOCK.with(|clock| {
        let now = clock.tick.get() + 1;
        clock.tick.set(now);
        now
    })
}

fn now() -> u64 {
    CLOCK.with(|clock| clock.tick.get())
}

/// A stretch of a monitored call on one thread: the whole of a function, one poll of a future.
///
/// Whoever begins it ends it; it has no destructor, because calls are too cheap for one.
#[derive(Clone, Copy)]
pub(crate) struct Stretch {
    began: u64,
}

impl Stretch {
    #[inline]
    pub(crate) fn begin(site: &'static Site) -> Self {
        CLOCK.with(|clock| {
            let depth = clock.depth.get();
            clock.running[depth % DEEPEST].set(Some(site));
            clock.depth.set(depth.wrapping_add(1));
        });
        Self { began: tick() }
    }

    /// The user's code does not run any more: it waits, or has ended.
    #[inline]
    pub(crate) fn end() {
        CLOCK.with(|clock| clock.depth.set(clock.depth.get().wrapping_sub(1)));
    }

    /// Errors that came out of monitored functions during this stretch.
    #[cold]
    fn marks(self) -> Vec<Mark> {
        HERE.try_with(|here| {
            let marks = here.marks.borrow();
            marks
                .iter()
                .filter(|mark| mark.tick > self.began)
                .cloned()
                .collect()
        })
        .unwrap_or_default()
    }

    /// Whether any error came out during this stretch: what a future asks after every poll.
    #[inline]
    pub(crate) fn has_marks(self) -> bool {
        CLOCK.with(|clock| clock.marked.get() > self.began)
    }
}

/// The innermost monitored function running on this thread.
pub(crate) fn innermost() -> Option<&'static Site> {
    CLOCK.with(|clock| match clock.depth.get() {
        0 => None,
        depth => clock.running[(depth - 1) % DEEPEST].get(),
    })
}

/// Errors a future saw in earlier polls.
#[derive(Default)]
pub(crate) struct Memory(VecDeque<Mark>);

impl Memory {
    /// Keeps what came out during a poll that left the future pending.
    pub(crate) fn keep(&mut self, stretch: Stretch) {
        self.0.extend(stretch.marks());
        while self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }
}

/// Says whether an error comes out of monitored code here for the first time, and remembers it.
///
/// Asked once by each function that returns `Err`, before its end moves the clock of events.
#[cold]
pub(crate) fn is_first(stretch: Stretch, memory: Option<&Memory>, chain: &[Link]) -> bool {
    let now = now();
    let marks = stretch.marks();
    let same_text = |mark: &Mark| chain.iter().any(|link| link.text == *mark.text);
    // Marks of earlier polls may be of another thread, whose clock means nothing here.
    let known = marks.iter().any(|mark| mark.tick == now || same_text(mark))
        || memory.is_some_and(|memory| memory.0.iter().any(same_text));
    let text = chain.first().map_or("", |link| link.text.as_str()).into();
    CLOCK.with(|clock| clock.marked.set(now + 1));
    let _ = HERE.try_with(|here| {
        let mut marks = here.marks.borrow_mut();
        // The end of this call moves the clock to `now + 1`; the function around it looks there.
        marks.push_back(Mark {
            tick: now + 1,
            text,
        });
        if marks.len() > REMEMBERED {
            marks.pop_front();
        }
    });
    !known
}

/// Notes a panic where it begins, for the functions it is about to unwind.
pub(crate) fn note_panic(message: &str) {
    let _ = HERE.try_with(|here| here.note(message.into(), false));
}

/// Says whether this function is the first that its panic unwinds, and with which message.
///
/// Several panics may have begun while it ran: one that was caught, one in a destructor while
/// another unwound. The newest that no function has told of is the one that unwinds it.
#[cold]
pub(crate) fn first_to_unwind(stretch: Stretch) -> (bool, Option<Arc<str>>) {
    let ask = |here: &Here| {
        let mut panics = here.panics.borrow_mut();
        let mut seen = panics
            .iter_mut()
            .filter(|note| note.tick > stretch.began)
            .peekable();
        let known = seen.peek().is_some();
        let mut message = None;
        for note in seen.filter(|note| !note.told) {
            note.told = true;
            message = Some(Arc::clone(&note.message));
        }
        drop(panics);
        if !known {
            // `resume_unwind` calls no hook, and before `start()` there is none.
            here.note("".into(), true);
        }
        (!known || message.is_some(), message)
    };
    HERE.try_with(ask).unwrap_or((true, None))
}

impl Here {
    fn note(&self, message: Arc<str>, told: bool) {
        let tick = tick();
        // Called by the panic hook, where a second panic would abort the process.
        let Ok(mut panics) = self.panics.try_borrow_mut() else {
            return;
        };
        panics.push_back(PanicNote {
            message,
            tick,
            told,
        });
        if panics.len() > REMEMBERED {
            panics.pop_front();
        }
    }
}
