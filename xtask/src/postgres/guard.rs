//! Cleaning up, however we end.

use std::{
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
};

use crate::Result;

/// A shell that waits until we are gone and then runs a script.
///
/// The shell waits for the end of a pipe whose other end only we hold, and thus notices an ordinary end, an error,
/// Ctrl-C and `kill -9` alike. A process group of its own keeps the terminal's Ctrl-C from it.
#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    /// Runs `script` when the guard is dropped or this process ends.
    pub(crate) fn new(script: &str) -> Result<Self> {
        let child = Command::new("sh")
            .args(["-c", &format!("cat\n{script}")])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        if let Err(error) = self.0.wait() {
            eprintln!("warning: cleaning up did not end: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_up_when_dropped_and_not_before() {
        let file = std::env::temp_dir().join(format!("strikebook-guard-{}", std::process::id()));
        std::fs::write(&file, "").unwrap();
        let guard = Guard::new(&format!("rm {}", crate::process::quote(&file))).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(file.exists());
        drop(guard);
        assert!(!file.exists());
    }
}
