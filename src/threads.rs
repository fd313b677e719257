//! Threads, and what is done if none can be made (`ulimit -u`, systemd's `TasksMax=`): the same, in this one.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::Builder;
use std::time::Instant;

use crate::error::TIME_LIMIT;

/// What a mutex holds, also if a thread panicked that had it.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does `work` with `given` in a new thread; if none can be made, `given` comes back.
pub(crate) fn start<T: Send + 'static>(
    thread: Builder,
    given: T,
    work: impl FnOnce(T) + Send + 'static,
) -> Result<(), T> {
    let (sender, receiver) = mpsc::channel();
    match thread.spawn(move || receiver.recv().map(work)) {
        Ok(_) => sender.send(given).map_err(|unsent| unsent.0),
        Err(_) => Err(given),
    }
}

/// Does `work` that may block without end, such as opening a FIFO. If there is a deadline it works in a thread of its
/// own, which is abandoned when the time is over; the error then is [`io::ErrorKind::TimedOut`].
pub(crate) fn until<T: Send + 'static>(
    deadline: Option<Instant>,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let Some(deadline) = deadline else { return work() };
    let (sender, receiver) = mpsc::channel();
    if let Err(work) = start(Builder::new(), work, move |work| drop(sender.send(work()))) {
        return work();
    }
    let left = deadline.saturating_duration_since(Instant::now());
    receiver.recv_timeout(left).unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, TIME_LIMIT)))
}

/// Does `work` in this thread and in up to `count - 1` more, and waits for all of them.
pub(crate) fn side_by_side(count: usize, work: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        for _ in 1..count {
            if Builder::new().spawn_scoped(scope, &work).is_err() {
                break;
            }
        }
        work();
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn work_that_blocks_ends_at_the_deadline_and_other_work_gives_its_result() {
        let (sender, receiver) = mpsc::channel::<()>();
        let soon = Some(Instant::now() + Duration::from_millis(20));
        let blocked = until(soon, move || receiver.recv().map_err(io::Error::other));
        assert_eq!(blocked.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(sender);
        let later = Some(Instant::now() + Duration::from_secs(60));
        assert_eq!([None, later].map(|deadline| until(deadline, || Ok(7)).unwrap()), [7, 7]);
    }

    #[test]
    fn this_thread_works_too() {
        for count in [0, 1, 3] {
            let workers = AtomicUsize::new(0);
            side_by_side(count, || {
                workers.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(workers.into_inner(), count.max(1));
        }
    }
}
