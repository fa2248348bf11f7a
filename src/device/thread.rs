//! The thread on which burn fuses a GPU's operations.
//!
//! Operations that another thread asks for wait in a short queue, and who finds it full waits by spinning: where processors
//! are few, that keeps those at work from theirs. Programs that are handed over as a whole never meet the queue.

use super::Gpu;
use crate::error::Result;
use crate::guard::said;
use cubecl_common::device::{DeviceId, DeviceService, DeviceServiceStage, ServerUtilitiesHandle};
use cubecl_common::device_handle::DeviceHandle;
use std::sync::Arc;

/// A service of the thread's that keeps nothing.
struct Guest;

impl DeviceService for Guest {
    fn init(_: DeviceId) -> Self {
        Self
    }

    fn utilities(&self) -> ServerUtilitiesHandle {
        Arc::new(())
    }

    fn stage() -> DeviceServiceStage {
        DeviceServiceStage::Upstream
    }
}

impl Gpu {
    /// Have the thread ready. burn asks for others of its services while it does the first work, and waits for ever if one
    /// is on its way in just then: so this comes before any work.
    pub(super) fn start(self) {
        drop(self.thread());
    }

    /// Do work there that is one operation after the other.
    ///
    /// # Errors
    /// What `work` returns; a thread that is gone.
    pub fn run<T: Send>(self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        self.thread().exclusive(work).unwrap_or_else(|error| Err(said(&format!("{error:?}"))))
    }

    fn thread(self) -> DeviceHandle<Guest> {
        DeviceHandle::new(self.cube().to_id())
    }
}
