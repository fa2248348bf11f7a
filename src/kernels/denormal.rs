//! While kernels run, numbers too small for a full mantissa count as zero: a processor computes on them many times
//! slower, and gradients through a hundred steps are full of them. XLA and TensorFlow do the same.

/// A state in which denormal results and operands are zeros; the caller's own comes back when it is dropped.
#[derive(Debug)]
pub struct Flushed(u64);

impl Flushed {
    #[must_use = "the caller's state comes back at once where nobody holds this one"]
    pub fn new() -> Self {
        let before = control::read();
        let flushed = before | control::FLUSH;
        if flushed != before {
            control::write(flushed);
        }
        Self(before)
    }

    /// For a thread that does nothing but run kernels.
    pub fn for_ever() {
        control::write(control::read() | control::FLUSH);
    }
}

impl Default for Flushed {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Flushed {
    fn drop(&mut self) {
        if self.0 & control::FLUSH != control::FLUSH {
            control::write(self.0);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod control {
    use std::arch::asm;

    /// Results to zero, and operands as zeros.
    pub const FLUSH: u64 = 1 << 15 | 1 << 6;

    pub fn read() -> u64 {
        let mut state = 0_u32;
        // SAFETY: stores the thread's control word to a place of its own; every x86_64 has it.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut state, options(nostack, preserves_flags)) };
        u64::from(state)
    }

    pub fn write(state: u64) {
        let state = state as u32;
        // SAFETY: a word that was read, with two legal bits; neither rounding nor exceptions change.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const state, options(nostack, preserves_flags, readonly)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod control {
    use std::arch::asm;

    pub const FLUSH: u64 = 1 << 24;

    pub fn read() -> u64 {
        let state;
        // SAFETY: reads the thread's control word; every aarch64 has it.
        unsafe { asm!("mrs {}, fpcr", out(reg) state, options(nomem, nostack, preserves_flags)) };
        state
    }

    pub fn write(state: u64) {
        // SAFETY: a word that was read, with one legal bit; neither rounding nor exceptions change.
        unsafe { asm!("msr fpcr, {}", in(reg) state, options(nomem, nostack, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod control {
    pub const FLUSH: u64 = 0;

    pub fn read() -> u64 {
        0
    }

    pub fn write(_: u64) {}
}

#[cfg(test)]
mod tests {
    use super::Flushed;
    use std::hint::black_box;

    #[test]
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn denormal_results_are_zeros_while_it_is_held() {
        let half = |x: f32| black_box(x) * black_box(0.5);
        assert!(half(f32::MIN_POSITIVE) > 0.0);
        {
            let _outer = Flushed::new();
            {
                let _inner = Flushed::new();
                assert_eq!(half(f32::MIN_POSITIVE), 0.0);
            }
            assert_eq!(half(f32::MIN_POSITIVE), 0.0);
        }
        assert!(half(f32::MIN_POSITIVE) > 0.0);
    }
}
