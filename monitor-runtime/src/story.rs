//! What a thread is in the middle of: enough to know one error from the next, and how it came there.
//!
//! An error travels up by value, so nothing marks it as the one an inner function already
//! reported. Two facts tell (DESIGN: one event per failure): the outer function returned `Err`
//! with nothing monitored begun, ended or polled since the inner one did, or the inner error, by
//! type and text, is a link of the outer one's chain. Both need only what happened on this thread
//! while the outer function ran, plus what an outer future keeps of its earlier polls.

mod mark;
mod panics;
mod trail;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

pub(crate) use mark::{Events, arrive};
pub(crate) use panics::{first_to_unwind, note_panic};
pub(crate) use trail::{Outside, Scene, keep_breadcrumb, scene};

use self::mark::Mark;
use self::panics::PanicNote;
use self::trail::Crumb;
use crate::site::Site;
use crate::trace_context::Ids;

/// Functions within functions that a thread knows; of more than these, the innermost.
const DEEPEST: usize = 32;

const FRAME: usize = size_of::<Frame>();

/// Errors remembered at once, per thread and per future; older ones are forgotten.
const REMEMBERED: usize = 16;

struct Here {
    marks: RefCell<VecDeque<Mark>>,
    panics: RefCell<VecDeque<PanicNote>>,
    crumbs: RefCell<VecDeque<Crumb>>,
    /// The trace of the outermost call, once somebody asked, and when that was.
    trace: Cell<Option<(u64, Ids)>>,
}

/// What every call touches, without a destructor: it is there to the end of its thread, and
/// reaching it costs one instruction.
struct Clock {
    /// Moves when a monitored call begins or ends, and when a future is polled.
    tick: Cell<u64>,
    /// When there was last something that a future has to remember.
    marked: Cell<u64>,
    /// How many monitored functions are running, one within the other, in bytes of [`Frame`]: where
    /// the next has its place takes one instruction, not two.
    depth: Cell<usize>,
    /// The innermost of them, each at its depth.
    running: [Frame; DEEPEST],
}

/// A function that is running.
struct Frame {
    /// `None` where a task begins: what is around it is not its story.
    site: Cell<Option<&'static Site>>,
    /// The thread's clock of events when this stretch began.
    began: Cell<u64>,
    /// The same, if this stretch goes on with a call; else that of somebody before.
    resumed: Cell<u64>,
    /// In ticks of the process's clock: when the call that goes on began.
    call: Cell<u64>,
}

thread_local! {
    static CLOCK: Clock = const {
        Clock {
            tick: Cell::new(0),
            marked: Cell::new(0),
            depth: Cell::new(0),
            running: [const {
                Frame {
                    site: Cell::new(None),
                    began: Cell::new(0),
                    resumed: Cell::new(0),
                    call: Cell::new(0),
                }
            }; DEEPEST],
        }
    };
    static HERE: Here = const {
        Here {
            marks: RefCell::new(VecDeque::new()),
            panics: RefCell::new(VecDeque::new()),
            crumbs: RefCell::new(VecDeque::new()),
            trace: Cell::new(None),
        }
    };
}

/// Moves the thread's clock of events; returns the new time.
#[inline]
pub(crate) fn tick() -> u64 {
    CLOCK.with(Clock::tick)
}

fn now() -> u64 {
    CLOCK.with(|clock| clock.tick.get())
}

impl Clock {
    #[inline]
    fn tick(&self) -> u64 {
        let now = self.tick.get() + 1;
        self.tick.set(now);
        now
    }

    #[inline]
    fn push(&self, site: Option<&'static Site>) -> (&Frame, u64) {
        let depth = self.depth.get();
        let frame = self.frame(depth);
        frame.site.set(site);
        self.depth.set(depth.wrapping_add(FRAME));
        let began = self.tick();
        frame.began.set(began);
        (frame, began)
    }

    #[inline]
    fn pop(&self) {
        self.depth.set(self.depth.get().wrapping_sub(FRAME));
    }

    /// The place of a function at a depth in bytes.
    #[inline]
    fn frame(&self, depth: usize) -> &Frame {
        &self.running[depth / FRAME % DEEPEST]
    }

    /// Whatever is running now has something to remember when it rests.
    fn mark(&self) {
        self.marked.set(self.tick.get() + 1);
    }
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
        CLOCK.with(|clock| Self {
            began: clock.push(Some(site)).1,
        })
    }

    /// The next stretch of a call that began at `call`, in ticks of the process's clock.
    #[inline]
    pub(crate) fn resume(site: &'static Site, call: u64) -> Self {
        CLOCK.with(|clock| {
            let (frame, began) = clock.push(Some(site));
            frame.resumed.set(began);
            frame.call.set(call);
            Self { began }
        })
    }

    /// The user's code does not run any more: it waits, or has ended.
    #[inline]
    pub(crate) fn end() {
        CLOCK.with(Clock::pop);
    }

    /// Whether there is something to remember: what a future asks after every poll.
    #[inline]
    pub(crate) fn has_marks(self) -> bool {
        CLOCK.with(|clock| clock.marked.get() > self.began)
    }

    /// The trace that events of the outermost call around it have, if there were any.
    pub(crate) fn trace(self) -> Option<Ids> {
        let known = HERE.try_with(|here| trail::known_trace(here, self));
        known.ok().flatten()
    }

    /// Leaves what came about in a call that has ended to the one around it.
    pub(crate) fn hand_up(self) {
        if self.has_marks() {
            let _ = HERE.try_with(|here| trail::hand_up(here, self.began, None));
        }
    }

    /// Undoes the stretch of a future that was dropped, unless something monitored happened in it:
    /// siblings that are dropped do not make an error on its way up another one.
    pub(crate) fn rewind(self) {
        CLOCK.with(|clock| {
            if clock.tick.get() != self.began {
                clock.tick();
                return;
            }
            let before = self.began - 1;
            // The next stretch has this one's time and place, and may be of a call that begins.
            clock.frame(clock.depth.get()).resumed.set(0);
            let _ = HERE.try_with(|here| trail::hand_up(here, self.began, Some(before)));
            clock.tick.set(before);
            clock.marked.set(clock.marked.get().min(self.began));
        });
    }
}

/// The innermost monitored function running on this thread.
pub(crate) fn innermost() -> Option<&'static Site> {
    CLOCK.with(|clock| match clock.depth.get() {
        0 => None,
        depth => clock.frame(depth - FRAME).site.get(),
    })
}

/// What a future keeps of its earlier polls.
#[derive(Default)]
pub(crate) struct Memory {
    marks: VecDeque<Mark>,
    crumbs: Vec<Crumb>,
    trace: Option<Ids>,
}

impl Memory {
    /// Keeps what came about during a poll that left the future pending.
    pub(crate) fn keep(&mut self, stretch: Stretch) {
        self.marks.extend(stretch.marks());
        while self.marks.len() > REMEMBERED {
            self.marks.pop_front();
        }
        let _ = HERE.try_with(|here| {
            self.crumbs = trail::take(here, stretch);
            self.trace = trail::known_trace(here, stretch).or(self.trace);
        });
    }

    /// Gives back what the future's next poll goes on with.
    pub(crate) fn recall(&mut self, stretch: Stretch) {
        if self.crumbs.is_empty() && self.trace.is_none() {
            return;
        }
        let _ = HERE.try_with(|here| {
            trail::give_back(here, std::mem::take(&mut self.crumbs), stretch);
            if let Some(trace) = self
                .trace
                .filter(|_| trail::known_trace(here, stretch).is_none())
            {
                here.trace.set(Some((stretch.began, trace)));
            }
        });
        CLOCK.with(Clock::mark);
    }
}
