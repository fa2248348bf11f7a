//! The last resort against a panic inside burn: it becomes an error, and nothing is printed.

use crate::error::{Error, Result};
use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Puts the flag back when the guarded call ends, nested or not.
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        GUARDED.set(self.0);
    }
}

/// Run `f`; a panic in it becomes `Error::Internal`.
///
/// # Errors
/// What `f` returns, or the panic's message.
pub fn guarded<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if of_a_device() {
                text(info.payload()).clone_into(&mut LAST.lock().unwrap_or_else(PoisonError::into_inner));
            } else if !GUARDED.get() {
                previous(info);
            }
        }));
    });
    let _restore = Restore(GUARDED.replace(true));
    panic::catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| Err(said(text(&*payload).trim())))
}

/// What a panic says.
fn text(payload: &(dyn Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

/// What a panic on a device's thread said last: who waits for its result hears only that there is none.
static LAST: Mutex<String> = Mutex::new(String::new());
const NO_RESULT: &str = "RecvError";

/// Whether this is a thread that burn has for a device.
fn of_a_device() -> bool {
    thread::current().name().is_some_and(|name| name.starts_with("DSD-") || name.starts_with("DSU-"))
}

/// How the causes of a GPU's failures that are nobody's mistake begin in what burn says.
const NO_ROOM: [&str; 6] = [
    "out of device memory",
    "out of memory",
    "out-of-memory",
    "not enough memory",
    "can't allocate buffer of size",
    "never allocated: the reservation behind it failed",
];
const LOST: [&str; 3] = ["device is lost", "device lost", "poisoned"];

/// The error that burn's words stand for, in a panic or in an error of its own.
pub fn said(message: &str) -> Error {
    let mut message = message.to_owned();
    if message.contains(NO_RESULT) {
        message.push(' ');
        message.push_str(&LAST.lock().unwrap_or_else(PoisonError::into_inner));
    }
    let small = message.to_ascii_lowercase();
    let about = |causes: &[&str]| {
        let start = causes.iter().find_map(|cause| small.find(cause))?;
        // An error inside of another one has its line ends written out.
        message[start..].split(['\n', '\\']).next().map(str::to_owned)
    };
    if let Some(cause) = about(&NO_ROOM) {
        return Error::Memory(format!(
            "The GPU has too little memory left: take a smaller batch_size or model, or the device 'cpu', which goes on \
             working. Received: {cause}"
        ));
    }
    if let Some(cause) = about(&LOST) {
        return Error::Device(format!(
            "The GPU was lost: its driver was reset, or it was taken away. What was on it is gone, and this process \
             cannot use it again; the device 'cpu' goes on working. Received: {cause}"
        ));
    }
    Error::internal(format!("An operation failed inside: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_message() {
        let size = 3;
        let error = guarded::<()>(|| panic!("bad size {size}")).unwrap_err();
        assert_eq!(error, Error::internal("An operation failed inside: bad size 3"));
        assert_eq!(guarded(|| Ok(7)), Ok(7));
        assert!(!GUARDED.get());
    }

    #[test]
    fn failures_of_a_gpu_are_told_apart() {
        let full = guarded::<()>(|| panic!("IoError: out of device memory allocating 8 bytes\n at x")).unwrap_err();
        assert!(
            matches!(&full, Error::Memory(text) if text.ends_with("Received: out of device memory allocating 8 bytes"))
        );
        let lost = guarded::<()>(|| panic!("Unknown: Device is lost\nat x")).unwrap_err();
        assert!(matches!(&lost, Error::Device(text) if text.ends_with("Received: Device is lost")));
    }

    #[test]
    fn guards_nest() {
        let inner = guarded(|| {
            assert!(guarded::<()>(|| panic!("inside")).is_err());
            Ok(GUARDED.get())
        });
        assert_eq!(inner, Ok(true));
    }
}
