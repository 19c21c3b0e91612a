//! Writing: the segment that is open, and how the next one is begun.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::Options;
use super::super::frame::{Group, segment_header};
use super::super::segment::Segment;
use super::spare;
use crate::disk::{Appender, Disk, remove_if_there};
use crate::folder::{Folder, Origin};

/// What whoever writes has for himself.
pub(in crate::journal) struct Writer {
    pub(in crate::journal) disk: Arc<dyn Disk>,
    pub(in crate::journal) origin: Origin,
    pub(in crate::journal) options: Options,
    pub(in crate::journal) header: Vec<u8>,
    pub(in crate::journal) file: Box<dyn Appender>,
    pub(in crate::journal) path: PathBuf,
    pub(in crate::journal) bytes: u64,
    pub(in crate::journal) next: u64,
    pub(in crate::journal) frame: Vec<u8>,
    /// The group that is being written.
    pub(in crate::journal) group: Group,
}

impl Writer {
    /// Writes the group, which is not durable by that; so many events before it are not known to be either.
    pub(super) fn write(&mut self, unsettled: u64) -> std::io::Result<()> {
        self.frame.clear();
        self.group.write(&self.header, self.next, unsettled, &mut self.frame);
        self.file.append(&self.frame)?;
        self.bytes += self.frame.len() as u64;
        self.next += self.group.count();
        Ok(())
    }

    /// Begins the next segment, if this one has events, and returns the path of this one.
    pub(super) fn rotate(&mut self, spare: &mut Option<Box<dyn Appender>>) -> std::io::Result<Option<PathBuf>> {
        if self.bytes <= self.header.len() as u64 {
            return Ok(None);
        }
        let (disk, origin, spare) = (self.disk.clone(), self.origin.clone(), spare.take());
        let next = Self::begin(disk, origin, self.options, self.next, &Group::default(), spare)?;
        Ok(Some(std::mem::replace(self, next).path))
    }

    /// Begins a segment with these events, if there are any, in the file that was made ahead, if one was. It gets its name
    /// when they are durable, so a header is never torn.
    pub(in crate::journal) fn begin(
        disk: Arc<dyn Disk>,
        origin: Origin,
        options: Options,
        next: u64,
        group: &Group,
        spare: Option<Box<dyn Appender>>,
    ) -> std::io::Result<Self> {
        let header = segment_header(&origin, next);
        let path = Segment::path(&origin, next);
        let (temporary, mut file) = match spare {
            Some(file) => (spare::path(&origin), file),
            None => {
                let temporary = Folder::temporary().join(format!("{origin}.journal"));
                remove_if_there(&*disk, &temporary)?;
                let file = disk.create(&temporary)?;
                (temporary, file)
            }
        };
        let mut frame = header.clone();
        if group.count() > 0 {
            group.write(&header, next, 0, &mut frame);
        }
        file.append(&frame)?;
        file.sync()?;
        disk.rename(&temporary, &path)?;
        disk.sync_folder(&Folder::journal(&origin))?;
        let (bytes, next) = (frame.len() as u64, next + group.count());
        Ok(Self { disk, origin, options, header, file, path, bytes, next, frame, group: Group::default() })
    }
}
