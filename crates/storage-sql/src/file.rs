//! Database files of embedded engines: where they lie, how they are created, which log belongs to them, and that they
//! are still where they were.

mod mark;

use std::{
    env,
    fs::{self, Metadata, Permissions},
    io::{self, ErrorKind as IoErrorKind},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use strikebook_core::{Error, ErrorKind, Result};
use tempfile::{Builder, TempDir, TempPath};

pub use mark::Mark;

/// The location of a URL's database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the memory of this process.
    Memory,
    /// A database in this file.
    File(PathBuf),
}

impl Location {
    /// Reads the location out of the path of a URL of a scheme.
    ///
    /// # Errors
    /// [`InvalidConfig`](ErrorKind::InvalidConfig) for a path with a NUL, and for a name behind `:memory:`.
    pub fn of(path: &str, scheme: &str) -> Result<Self> {
        let wrong = |message: &'static str, expected: String| {
            Err(Error::invalid_config(message).with("path", format_args!("{path:?}")).with("expected", expected))
        };
        match path {
            ":memory:" => Ok(Self::Memory),
            path if path.contains('\0') => wrong("a path must not contain a NUL character", "a file's path".to_owned()),
            path if path.starts_with(":memory") => wrong(
                "a database in memory has no name",
                format!("{scheme}::memory:, or {scheme}:./{path} for a file of this name"),
            ),
            path => Ok(Self::File(path.into())),
        }
    }
}

/// Names the path in an error that does not name one yet.
pub fn at_path(error: Error, path: &str) -> Error {
    if error.context("path").is_some() { error } else { error.with("path", path) }
}

/// A database file as it was when it was opened. It is told from others by its device and inode number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl DatabaseFile {
    /// Looks a file up; `None` when there is none.
    ///
    /// # Errors
    /// [`InvalidConfig`](ErrorKind::InvalidConfig) for a path that is no file's;
    /// [`PermissionDenied`](ErrorKind::PermissionDenied) for a folder that must not be entered.
    pub fn find(path: &Path) -> Result<Option<Self>> {
        let failed = |error| refused("the database file cannot be looked up", path, error);
        match fs::metadata(path) {
            Ok(found) if !found.is_file() => {
                Err(Error::invalid_config("the path is not that of a file").with("path", path.display()))
            }
            // Engines follow symbolic links to the logs too, and a process may change its directory.
            Ok(found) => match fs::canonicalize(path) {
                Ok(path) => Ok(Some(Self { path, identity: identity(&found) })),
                Err(error) => Err(failed(error)),
            },
            Err(error) if error.kind() == IoErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Creates a file that its owner alone can read and write, unless another process is faster. `fill` gets the path
    /// of a file that does not exist in a folder that nobody else can enter, and leaves a closed database there. `logs`
    /// are the endings of the files that the engine keeps beside a database.
    ///
    /// # Errors
    /// Those of `fill`; [`Corrupt`](ErrorKind::Corrupt) for a log that lies where the new database's would, since the
    /// engine would replay it; [`InvalidConfig`](ErrorKind::InvalidConfig) or
    /// [`PermissionDenied`](ErrorKind::PermissionDenied) when the folder is not there or must not be written to;
    /// [`Unavailable`](ErrorKind::Unavailable) for a full disk.
    pub fn create(path: &Path, logs: &[&str], fill: impl FnOnce(&Path) -> Result<()>) -> Result<Self> {
        for log in logs.iter().map(|ending| beside(path, ending)) {
            if length(&log) > 0 {
                return Err(Error::corrupt("a log of another database lies where the new database's would")
                    .with("log", log.display())
                    .with("expected", "no log: move it away, or restore the database that it belongs to"));
            }
        }
        let failed = |error| refused("the database file cannot be created", path, error);
        let folder = private_folder(folder_of(path)).map_err(failed)?;
        let new = folder.path().join("new");
        fill(&new)?;
        fs::set_permissions(&new, Permissions::from_mode(0o600)).map_err(failed)?;
        let new = TempPath::try_from_path(new).map_err(failed)?;
        match new.persist_noclobber(path) {
            Err(error) if error.error.kind() != IoErrorKind::AlreadyExists => Err(failed(error.error)),
            // Another process may have been faster.
            _ => Self::find(path)?.ok_or_else(|| {
                Error::invalid_config("the path is that of a symbolic link to nothing").with("path", path.display())
            }),
        }
    }

    /// The path, absolute and without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file beside this one: its name with an ending.
    pub fn beside(&self, ending: &str) -> PathBuf {
        beside(&self.path, ending)
    }

    /// The length of a file beside this one; 0 when there is none.
    pub fn length_beside(&self, ending: &str) -> u64 {
        length(&self.beside(ending))
    }

    /// Makes sure that the path still leads to this file. A connection would go on in a file that was deleted or
    /// replaced, and what it writes would be lost.
    ///
    /// # Errors
    /// [`Unavailable`](ErrorKind::Unavailable) when it does not; putting the file back helps.
    pub fn check(&self) -> Result<()> {
        let gone = |message: &'static str| {
            Error::new(ErrorKind::Unavailable, message)
                .with("path", self.path.display())
                .with("expected", "the file that the store opened: put it back, or open the store again")
        };
        match fs::metadata(&self.path) {
            Ok(found) if identity(&found) == self.identity => Ok(()),
            Ok(_) => Err(gone("another file was put in the place of the open database file")),
            Err(error) => Err(gone("the open database file was moved or deleted").caused_by(error)),
        }
    }

    /// Makes sure that a log beside this file is a continuation of it, before an engine replays it. `mark` reads the
    /// mark that the file has without the log; `None` when it has none, and then the log is not looked at. Neither is
    /// one without marks, which another program wrote.
    ///
    /// # Errors
    /// [`Corrupt`](ErrorKind::Corrupt) for a log of another database, or of an older or newer copy of this one; those
    /// of `mark`.
    pub fn check_log(&self, ending: &str, mark: impl Fn() -> Result<Option<Mark>>) -> Result<()> {
        let log = self.beside(ending);
        if length(&log) == 0 {
            return Ok(());
        }
        mark::check(&log, mark)
    }

    /// Gives the file a second name, in a folder without its logs, for as long as that folder is kept. Where no link
    /// can be created, it is a copy.
    ///
    /// # Errors
    /// [`InvalidConfig`](ErrorKind::InvalidConfig), [`PermissionDenied`](ErrorKind::PermissionDenied) or
    /// [`Unavailable`](ErrorKind::Unavailable) when it can be neither linked nor copied.
    pub fn without_logs(&self) -> Result<(TempDir, PathBuf)> {
        const NAME: &str = "database";
        let linked = private_folder(folder_of(&self.path)).and_then(|folder| {
            let path = folder.path().join(NAME);
            fs::hard_link(&self.path, &path).map(|()| (folder, path))
        });
        let copied = |_| {
            let folder = private_folder(&env::temp_dir())?;
            let path = folder.path().join(NAME);
            fs::copy(&self.path, &path).map(|_| (folder, path))
        };
        linked
            .or_else(copied)
            .map_err(|error| refused("the database file cannot be read without its log", &self.path, error))
    }

    /// Creates the empty file that the engine will use as its log, with the permissions of the database file, unless it
    /// exists. An engine would let others read it.
    ///
    /// # Errors
    /// [`PermissionDenied`](ErrorKind::PermissionDenied), [`Unavailable`](ErrorKind::Unavailable) or
    /// [`InvalidConfig`](ErrorKind::InvalidConfig) when it cannot be created.
    pub fn create_beside(&self, ending: &str) -> Result<()> {
        let path = self.beside(ending);
        let failed = |error| refused("the database's log cannot be created", &path, error);
        let mode = fs::metadata(&self.path).map_err(failed)?.permissions().mode() & 0o666;
        let mut options = fs::OpenOptions::new();
        match OpenOptionsExt::mode(&mut options, mode).write(true).create_new(true).open(&path) {
            Err(error) if error.kind() != IoErrorKind::AlreadyExists => Err(failed(error)),
            _ => Ok(()),
        }
    }

    /// Creates a folder that its owner alone can enter, unless it exists.
    ///
    /// # Errors
    /// As [`create_beside`](Self::create_beside).
    pub fn create_folder_beside(&self, ending: &str) -> Result<()> {
        let path = self.beside(ending);
        let mut builder = fs::DirBuilder::new();
        match DirBuilderExt::mode(&mut builder, 0o700).create(&path) {
            Err(error) if error.kind() != IoErrorKind::AlreadyExists => {
                Err(refused("the database's folder for temporary files cannot be created", &path, error))
            }
            _ => Ok(()),
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a folder for this process's user alone, deleted when it is dropped.
fn private_folder(parent: &Path) -> io::Result<TempDir> {
    Builder::new().prefix(".strikebook-").permissions(Permissions::from_mode(0o700)).tempdir_in(parent)
}

fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    name.into()
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// An error of the file system by its kind.
fn refused(message: &'static str, path: &Path, error: io::Error) -> Error {
    let kind = match error.kind() {
        IoErrorKind::PermissionDenied | IoErrorKind::ReadOnlyFilesystem => ErrorKind::PermissionDenied,
        IoErrorKind::StorageFull | IoErrorKind::QuotaExceeded | IoErrorKind::Interrupted => ErrorKind::Unavailable,
        _ => ErrorKind::InvalidConfig,
    };
    Error::new(kind, message).with("path", path.display()).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_as_it_stands_and_a_name_in_memory_is_refused() -> Result<()> {
        let file = |path: &str| Ok::<_, Error>(Location::File(path.into()));
        assert_eq!(Location::of("a.db", "sqlite")?, file("a.db")?);
        assert_eq!(Location::of(":memory:", "sqlite")?, Location::Memory);
        assert_eq!(Location::of("./:memory:x", "sqlite")?, file("./:memory:x")?);
        for wrong in [":memory:x", ":memory", "a\0.db"] {
            let error = Location::of(wrong, "sqlite").expect_err(wrong);
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
            assert!(!error.to_string().contains('\0'), "{error}");
        }
        Ok(())
    }

    #[test]
    fn a_created_file_is_its_owners_and_takes_nobodys_place() -> Result<()> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("book");
        let fill = |text: &'static str| move |new: &Path| fs::write(new, text).map_err(|_| Error::closed());
        let made = DatabaseFile::create(&path, &["-log"], fill("first"))?;
        assert_eq!(fs::metadata(&path).expect("made").mode() & 0o777, 0o600);
        assert_eq!(DatabaseFile::create(&path, &["-log"], fill("second"))?, made);
        assert_eq!(fs::read_to_string(&path).expect("made"), "first");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        Ok(())
    }
}
