//! One log of a folder: its checkpoint, tiles, lists, files and journal.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::events::{Events, Seen};
use super::{OriginReport, Problem, Report, Trust, VerifyError, read_or_none, unreadable};
use crate::event::{EventText, Leaf};
use crate::folder::{DayFile, Folder, Origin};
use crate::journal::{JournalError, Segment};
use crate::log::checkpoint::{self, Checkpoint, CheckpointError};
use crate::log::files::{BoundFiles, ListError, digest, digest_of};
use crate::log::key::PublicKey;
use crate::log::tile::{self, TileError, TileName, Tiles};
use crate::log::tree::{self, Frontier, Hash, perfect_root};
use crate::log::{CHECKPOINT, KEY};

/// Checks a log, and takes what it covers out of `left`.
pub(super) fn check(
    folder: &Folder,
    origin: &Origin,
    trust: &Trust,
    left: &mut BTreeMap<PathBuf, u64>,
    report: &mut Report,
) -> Result<(), VerifyError> {
    let mut check = Check { folder, origin, path: Folder::log(origin), left, report };
    let journal = check.journal()?;
    let Some((checkpoint, key, trusted)) = check.checkpoint(trust, !journal.leaves.is_empty())? else { return Ok(()) };
    let sound = check.tiles(&checkpoint)?;
    let Some(bound) = check.lists(&checkpoint)? else { return Ok(()) };
    let tiles = Tiles::new(folder.disk().clone(), check.path.clone(), checkpoint.size);
    let mut seen = Seen::new(checkpoint.size);
    check.journal_is_there(&journal, &checkpoint)?;
    if checkpoint.closed {
        check.journal_is_empty(&journal);
    }
    if sound {
        check.journal_agrees(&journal, &tiles, &mut seen)?;
    }
    check.bound(&bound, sound.then_some(&tiles), &mut seen)?;
    if sound {
        check.unbound(&bound, &tiles, &journal, &mut seen)?;
        check.undone(&tiles, &mut seen)?;
        if let Some((first, count)) = seen.missing() {
            let path = check.path.join(CHECKPOINT);
            check.report.find(&path, Problem::NoEvents { first, count });
        }
    }
    check.leftovers(&journal)?;
    let files = bound.iter().count() as u64;
    let unsealed = journal.leaves.keys().filter(|index| **index >= checkpoint.size).count() as u64;
    report.origins.push(OriginReport { origin: origin.clone(), checkpoint, key, trusted, files, unsealed });
    Ok(())
}

/// Whether a log is a continuation of a checkpoint, and if not, why.
pub(super) fn continues(folder: &Folder, kept: &Checkpoint, now: &Checkpoint) -> Result<Option<Problem>, VerifyError> {
    if kept.size > now.size {
        return Ok(Some(Problem::RolledBack { kept: kept.size, now: now.size }));
    }
    let tiles = Tiles::new(folder.disk().clone(), Folder::log(&now.origin), now.size);
    let forked = Some(Problem::Forked { kept: kept.size });
    let proof = tree::consistency(&tiles, kept.size, now.size);
    let root = tree::root(&tiles, kept.size);
    match (root, proof) {
        (Err(TileError::Disk { path, error }), _) | (_, Err(TileError::Disk { path, error })) => {
            Err(VerifyError { path, error })
        }
        (Ok(root), Ok(Some(proof))) => {
            let holds = tree::continues((kept.size, kept.root), (now.size, now.root), &proof) && root == kept.root;
            Ok(if holds { None } else { forked })
        }
        _ => Ok(forked),
    }
}

struct Check<'a> {
    folder: &'a Folder,
    origin: &'a Origin,
    path: PathBuf,
    left: &'a mut BTreeMap<PathBuf, u64>,
    report: &'a mut Report,
}

/// What the journal of a log holds.
#[derive(Default)]
struct Unsealed {
    leaves: BTreeMap<u64, Leaf>,
    segments: Vec<SegmentSeen>,
    /// Texts of the events that name something which is kept under `rejected/`.
    naming: Vec<String>,
}

/// A segment that was looked at. Its events are not held.
struct SegmentSeen {
    path: PathBuf,
    first: u64,
    has_bytes: bool,
}

impl Check<'_> {
    fn journal(&mut self) -> Result<Unsealed, VerifyError> {
        let found = match Segment::open_all(&**self.folder.disk(), self.origin) {
            Ok(found) => found,
            Err(JournalError::Disk { path, error }) => return Err(VerifyError { path, error }),
            Err(error) => return Err(unreadable(Folder::journal(self.origin))(io::Error::other(error))),
        };
        let rejected = format!("{}/{}-", Folder::rejected().display(), self.origin);
        let mut unsealed = Unsealed::default();
        let (mut next, count) = (None, found.len());
        for (place, opened) in found.into_iter().enumerate() {
            let path = Segment::path(self.origin, opened.first);
            let segment = opened.read(self.origin).map_err(|error| unreadable(&path)(io::Error::other(error)))?;
            self.left.remove(&path);
            let has_bytes = segment.range().is_some() || segment.torn().is_some();
            unsealed.segments.push(SegmentSeen { path, first: opened.first, has_bytes });
            if let Err(JournalError::Tampered { path, offset, what }) = segment.check() {
                self.report.find(&path, Problem::Journal { offset, what });
                continue;
            }
            if next.is_some_and(|next| next != segment.first) {
                let what = "it does not begin where the segment before it ends";
                self.report.find(&segment.path, Problem::Journal { offset: 0, what });
            }
            next = Some(segment.next());
            self.torn(&segment, place + 1 == count)?;
            for (index, text) in segment.events() {
                match EventText::read(text.to_owned()) {
                    Ok(event) => {
                        unsealed.leaves.insert(index, event.view().leaf());
                    }
                    Err(_) => self.report.find(&segment.path, Problem::Event { index, what: "not an event" }),
                }
                if text.contains(&rejected) {
                    unsealed.naming.push(text.to_owned());
                }
            }
        }
        Ok(unsealed)
    }

    fn torn(&mut self, segment: &Segment, is_last: bool) -> Result<(), VerifyError> {
        let Some((offset, _)) = segment.torn() else { return Ok(()) };
        let lock = Folder::lock(self.origin);
        // Somebody who holds the lock is still writing what looks cut off.
        let writing = is_last
            && matches!(self.folder.disk().lock(&lock), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        if writing {
            return Ok(());
        }
        let kept = Folder::rejected().join(format!("{}-{:012}-{offset}.torn", self.origin, segment.first));
        let is_kept = read_or_none(self.folder, &kept)?.is_some_and(|kept| segment.is_kept(&kept));
        let problem = match is_last || is_kept {
            true => Problem::Torn { offset },
            false => Problem::Journal { offset, what: "cut off although a segment follows" },
        };
        self.report.find(&segment.path, problem);
        Ok(())
    }

    fn checkpoint(
        &mut self,
        trust: &Trust,
        has_journal: bool,
    ) -> Result<Option<(Checkpoint, PublicKey, bool)>, VerifyError> {
        let (at, key_at) = (self.path.join(CHECKPOINT), self.path.join(KEY));
        let line = read_or_none(self.folder, &key_at)?;
        self.left.remove(&key_at);
        self.left.remove(&at);
        let Some(text) = read_or_none(self.folder, &at)? else {
            let begun = line.is_some() || self.left.keys().any(|path| path.starts_with(&self.path));
            let files = self.left.keys().any(|path| DayFile::at(path).is_some_and(|file| file.origin == *self.origin));
            let problem = if begun || files || !has_journal { Problem::NoCheckpoint } else { Problem::NotBegun };
            self.report.find(&at, problem);
            return Ok(None);
        };
        let name = checkpoint::name(self.origin);
        let beside = line.as_ref().and_then(|line| std::str::from_utf8(line).ok());
        let beside = beside.and_then(PublicKey::read).filter(|(named, _)| *named == name).map(|(_, key)| key);
        let candidates = if trust.keys.is_empty() { beside.into_iter().collect() } else { trust.keys.clone() };
        let text = std::str::from_utf8(&text).unwrap_or_default();
        let found = candidates.iter().find_map(|key| Some((Checkpoint::read(text, key).ok()?, *key)));
        let Some((checkpoint, key)) = found.filter(|(checkpoint, _)| checkpoint.origin == *self.origin) else {
            if line.is_none() && trust.keys.is_empty() {
                // Nothing tells whose signature it is. The very first checkpoint is written before the key.
                let begun = checkpoint::parts(text).and_then(|(body, _)| Checkpoint::parse(body));
                let nothing = digest(&[]);
                let is_first = begun.is_some_and(|begun| begun.size == 0 && begun.files == nothing);
                self.left.remove(&self.path.join(BoundFiles::path(nothing)));
                self.report.find(&key_at, if is_first { Problem::Unfinished } else { Problem::Key });
                return Ok(None);
            }
            if line.is_some() && beside.is_none() {
                self.report.find(&key_at, Problem::Key);
            }
            self.report.find(&at, CheckpointError::Signature.into());
            return Ok(None);
        };
        match (line, beside) {
            // The first checkpoint is written before the key.
            (None, _) if checkpoint.size == 0 => self.report.find(&key_at, Problem::Unfinished),
            (_, beside) if beside != Some(key) => self.report.find(&key_at, Problem::Key),
            _ => {}
        }
        Ok(Some((checkpoint, key, !trust.keys.is_empty())))
    }

    /// Whether the tiles lead from the leaves to the root.
    fn tiles(&mut self, checkpoint: &Checkpoint) -> Result<bool, VerifyError> {
        let disk = self.folder.disk().clone();
        let (mut sound, mut below, mut levels) = (true, Vec::new(), Vec::new());
        for level in 0..8 {
            let (mut roots, mut partial) = (Vec::new(), Vec::new());
            for name in TileName::of_level(level, checkpoint.size) {
                let path = self.path.join(name.path());
                self.left.remove(&path);
                let hashes = match tile::read(&*disk, &self.path, name) {
                    Ok(hashes) => hashes,
                    Err(TileError::Disk { path, error }) => return Err(VerifyError { path, error }),
                    Err(error) => {
                        let missing = matches!(error, TileError::Missing(_));
                        self.report.find(&path, if missing { Problem::Missing } else { Problem::Tile });
                        sound = false;
                        // A size that no tiles stand behind: enough was said.
                        if self.report.more > 0 {
                            return Ok(false);
                        }
                        roots.push(None);
                        continue;
                    }
                };
                for (place, hash) in (name.index as usize * tree::TILE_WIDTH..).zip(&hashes).filter(|_| level > 0) {
                    let lower: Option<Hash> = below.get(place).copied().flatten();
                    if lower.is_some_and(|lower| lower != *hash) {
                        let lower = TileName::of(level - 1, place as u64, checkpoint.size);
                        self.report.find(&self.path.join(lower.path()), Problem::Tile);
                        sound = false;
                    }
                }
                match name.is_full() {
                    true => roots.push(Some(perfect_root(&hashes))),
                    false => partial = hashes,
                }
            }
            below = roots;
            levels.push(partial);
        }
        if sound && Frontier::new(checkpoint.size, levels).root() != checkpoint.root {
            let last = TileName::all(checkpoint.size).last().map(|name| name.path());
            self.report.find(&self.path.join(last.unwrap_or_else(|| CHECKPOINT.into())), Problem::Tile);
            sound = false;
        }
        Ok(sound)
    }

    fn lists(&mut self, checkpoint: &Checkpoint) -> Result<Option<BoundFiles>, VerifyError> {
        match BoundFiles::read(&**self.folder.disk(), &self.path, checkpoint.files) {
            Ok((bound, digests)) => {
                for digest in digests {
                    self.left.remove(&self.path.join(BoundFiles::path(digest)));
                }
                Ok(Some(bound))
            }
            Err(ListError::Disk { path, error }) => Err(VerifyError { path, error }),
            Err(ListError::Changed(path)) if checkpoint.size == 0 && checkpoint.files == digest(&[]) => {
                self.report.find(&path, Problem::Unfinished);
                Ok(Some(BoundFiles::default()))
            }
            Err(ListError::Changed(path)) => {
                self.report.find(&path, Problem::List);
                self.left.remove(&path);
                Ok(None)
            }
        }
    }

    /// After a clean stop nothing is in the journal that a crash could explain.
    fn journal_is_empty(&mut self, journal: &Unsealed) {
        for segment in &journal.segments {
            if segment.has_bytes {
                let what = "the log was stopped cleanly, and something was written here since";
                self.report.find(&segment.path, Problem::Journal { offset: 0, what });
            }
        }
    }

    /// The next segment is begun before one is sealed away, so that there always is one: from its first start on, except
    /// for imports, which have no journal.
    fn journal_is_there(&mut self, journal: &Unsealed, checkpoint: &Checkpoint) -> Result<(), VerifyError> {
        let journals = self.folder.disk().list(Path::new("journal")).map_err(unreadable("journal"))?;
        let has_journal = journals.iter().any(|entry| entry.is_folder && entry.name == self.origin.as_str());
        let needs_one = !checkpoint.closed && *self.origin != crate::import::origin();
        if journal.segments.is_empty() && (has_journal || needs_one) {
            let problem = match checkpoint.size {
                0 if checkpoint.closed => return Ok(()),
                0 => Problem::NoJournal,
                _ => Problem::Journal { offset: 0, what: "the segment that is written to is gone" },
            };
            self.report.find(&Folder::journal(self.origin), problem);
        }
        Ok(())
    }

    /// Events of the journal that are under the checkpoint, too, are the same; none are missing between.
    fn journal_agrees(&mut self, journal: &Unsealed, tiles: &Tiles, seen: &mut Seen) -> Result<(), VerifyError> {
        let folder = Folder::journal(self.origin);
        if journal.segments.first().is_some_and(|segment| segment.first > tiles.size()) {
            let what = "events are missing between the log and the journal";
            self.report.find(&folder, Problem::Journal { offset: 0, what });
        }
        for (index, leaf) in journal.leaves.range(..tiles.size()) {
            match tiles.leaf(*index).map_err(read_failed)? == Some(Hash::from(*leaf)) {
                true => seen.mark(*index),
                false => {
                    self.report.find(&folder, Problem::Event { index: *index, what: "not the one in the log" });
                }
            }
        }
        Ok(())
    }

    fn bound(&mut self, bound: &BoundFiles, tiles: Option<&Tiles>, seen: &mut Seen) -> Result<(), VerifyError> {
        let mut in_files = Seen::new(tiles.map_or(0, Tiles::size));
        for (path, wanted) in bound.iter() {
            self.left.remove(path);
            let file = match self.folder.disk().open(path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.report.find(path, Problem::Missing);
                    continue;
                }
                Err(error) => return Err(unreadable(path)(error)),
            };
            if file.length() != wanted.length || digest_of(&*file).map_err(unreadable(path))? != wanted.digest {
                self.report.find(path, Problem::Changed);
            } else if let (Some(tiles), Some(name)) = (tiles, DayFile::at(path)) {
                let events = Events { file: &name, origin: self.origin, tiles };
                events.check(file, &mut in_files, self.report, |_| None)?;
            }
        }
        seen.join(&in_files);
        Ok(())
    }

    /// Files of events that no checkpoint binds: a crash came between their name and the checkpoint, or between a
    /// checkpoint and their removal. Then all their events are known from elsewhere.
    fn unbound(
        &mut self,
        bound: &BoundFiles,
        tiles: &Tiles,
        journal: &Unsealed,
        seen: &mut Seen,
    ) -> Result<(), VerifyError> {
        let ours = |path: &PathBuf| DayFile::at(path).filter(|file| file.origin == *self.origin);
        let files: Vec<_> = self.left.keys().filter_map(|path| Some((path.clone(), ours(path)?))).collect();
        for (path, name) in files.into_iter().filter(|(path, _)| bound.find(path).is_none()) {
            self.left.remove(&path);
            let file = self.folder.disk().open(&path).map_err(unreadable(&path))?;
            let mut report = Report::default();
            let events = Events { file: &name, origin: self.origin, tiles };
            let mut known = Seen::new(tiles.size());
            let elsewhere = |index: u64| journal.leaves.get(&index).map(|leaf| Hash::from(*leaf));
            events.check(file, &mut known, &mut report, elsewhere)?;
            match report.findings.is_empty() {
                true => self.report.find(&path, Problem::Unfinished),
                false => self.report.find(&path, Problem::Unexpected),
            }
            seen.join(&known);
        }
        Ok(())
    }

    /// Files of an import that was killed after the log had taken their events. `tmp/` is not covered: what is there
    /// only explains where events are, if it has them.
    fn undone(&mut self, tiles: &Tiles, seen: &mut Seen) -> Result<(), VerifyError> {
        if *self.origin != Origin::import() {
            return Ok(());
        }
        for (name, path) in crate::import::undone(self.folder).map_err(unreadable(Folder::temporary()))? {
            let file = self.folder.disk().open(&path).map_err(unreadable(&path))?;
            let (mut report, mut known) = (Report::default(), Seen::new(tiles.size()));
            let events = Events { file: &name, origin: self.origin, tiles };
            events.check(file, &mut known, &mut report, |_| None)?;
            if report.findings.is_empty() {
                self.report.find(&path, Problem::Unfinished);
                seen.join(&known);
            }
        }
        Ok(())
    }

    /// What is in the folder of the log, or kept for it, and belongs to no checkpoint.
    fn leftovers(&mut self, journal: &Unsealed) -> Result<(), VerifyError> {
        let inside: Vec<PathBuf> = self.left.keys().filter(|path| path.starts_with(&self.path)).cloned().collect();
        for path in inside {
            self.left.remove(&path);
            let problem = match path.strip_prefix(&self.path) {
                Ok(name) if TileName::at(name).is_some() => Problem::Unfinished,
                Ok(name) if name.starts_with("files") && self.is_whole_list(&path)? => Problem::Unfinished,
                _ => Problem::Unexpected,
            };
            self.report.find(&path, problem);
        }
        let kept = format!("{}-", self.origin);
        let is_kept = |path: &&PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            path.parent() == Some(Folder::rejected()) && name.is_some_and(|name| name.starts_with(&kept))
        };
        let rejected: Vec<PathBuf> = self.left.keys().filter(is_kept).cloned().collect();
        for path in rejected {
            let file = match self.folder.disk().open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file.map_err(unreadable(&path))?,
            };
            let digest = digest_of(&*file).map_err(unreadable(&path))?.to_string();
            let name = path.display().to_string();
            if journal.naming.iter().any(|text| text.contains(&name) && text.contains(&digest)) {
                self.left.remove(&path);
            }
        }
        Ok(())
    }

    fn is_whole_list(&self, path: &Path) -> Result<bool, VerifyError> {
        let name = path.file_name().and_then(|name| name.to_str()).and_then(checkpoint::hash);
        let bytes = read_or_none(self.folder, path)?;
        Ok(name.is_some() && name == bytes.map(|bytes| digest(&bytes)))
    }
}

fn read_failed(error: TileError) -> VerifyError {
    match error {
        TileError::Disk { path, error } => VerifyError { path, error },
        TileError::Missing(path) | TileError::Length(path) => {
            VerifyError { path, error: io::ErrorKind::NotFound.into() }
        }
    }
}
