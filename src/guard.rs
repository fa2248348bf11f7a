//! The last resort against a panic inside burn: it becomes an error, and nothing is printed.

use crate::error::{Error, Result};
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

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
            if !GUARDED.get() {
                previous(info);
            }
        }));
    });
    let _restore = Restore(GUARDED.replace(true));
    panic::catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
        let message = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(Error::internal(format!("An operation failed inside: {}", message.trim())))
    })
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
    fn guards_nest() {
        let inner = guarded(|| {
            assert!(guarded::<()>(|| panic!("inside")).is_err());
            Ok(GUARDED.get())
        });
        assert_eq!(inner, Ok(true));
    }
}
