//! What can be wrong with a store.

/// What a store does and must not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// An update brings back what has ended.
    UpdateRevives,
    /// An update brings back what has expired.
    UpdateIgnoresExpiry,
    /// An update lands whatever the revision.
    UpdateIgnoresTheRevision,
    /// Two updates may both compare before either writes.
    UpdateIsTwoSteps,
    /// An update lets the session live an hour longer than it was told.
    UpdateGoesFurther,
    /// An update writes the header, and leaves the rest as it was.
    UpdateKeepsTheData,
    /// An update leaves the digest of the secret as it was.
    UpdateKeepsTheSecret,
    /// An update that was answered lands with the next write.
    UpdateIsLate,
    /// A write that is made again meets itself as another's.
    RepeatsConflict,
    /// A touch brings back what has ended.
    TouchRevives,
    /// A touch lands whatever the revision.
    TouchIgnoresTheRevision,
    /// A touch moves the end an hour further than it was told.
    TouchGoesFurther,
    /// A touch moves times back.
    TouchMovesBack,
    /// An end leaves no tombstone.
    EndForgets,
    /// Every end is told that it was the first.
    EndIsAlwaysTheFirst,
    /// A tombstone counts for ever.
    TombstonesStay,
    /// A new session takes the place of what is there.
    CreateOverwrites,
    /// A replacement takes the place of what is there.
    ReplaceOverwrites,
    /// A replacement lands whatever the revision.
    ReplaceIgnoresTheRevision,
    /// The session that is replaced lives on.
    ReplaceKeepsTheOld,
    /// A replacement does not enter the index.
    ReplaceEntersNoIndex,
    /// One session of the user is left alive.
    EndAllSparesOne,
    /// Users of one tag are ended together.
    EndAllTakesTheTag,
    /// Who has ended itself ends the others.
    EndOthersIgnoresTheKept,
    /// The session that is to stay is looked at before the others end, and not with them.
    EndOthersIsTwoSteps,
    /// The same where the end of the others is remembered.
    EndNotingIsTwoSteps,
    /// Expired sessions are listed.
    ListsTheExpired,
    /// Pending logins are listed.
    ListsThePending,
    /// Any session is ended by its key.
    EndOneTakesTheForeign,
    /// A device of all users of one tag is ended.
    EndDeviceTakesTheTag,
    /// One session more than the limit may be there.
    LimitIsOffByOne,
    /// The limit is looked at before the write, and not with it.
    LimitIsTwoSteps,
    /// The session that was last to begin, or to be used, leaves first.
    EvictsTheNewest,
    /// The limits mean each other's time.
    EvictsByTheOtherTime,
    /// A session leaves for itself.
    DisplacesItself,
    /// Pending logins count, and leave.
    CountsThePending,
    /// Expired sessions count, and leave.
    CountsTheExpired,
    /// The session that is replaced counts.
    CountsTheReplaced,
    /// A pending login displaces others.
    PendingDisplaces,
    /// A user of the same tag leaves the device too.
    DeviceTakesTheTag,
    /// A new login on a device leaves the old one there.
    DeviceKeepsTheOld,
    /// A login that is refused has displaced those on its device.
    RefusalClearsTheDevice,
    /// A load writes the record anew.
    LoadWrites,
    /// A load holds its thread for ever.
    LoadBlocks,
    /// Several sessions are answered last first.
    LoadManyReverses,
    /// What cannot be read is absent.
    UnreadableIsAbsent,
    /// Sessions are counted as active when they have expired.
    ExpiredAreActive,
    /// The sessions before logins are counted as logged out.
    ReplacedAreLoggedOut,
    /// An update is not remembered.
    NotesAreLost,
    /// More notes are kept of a user than the last one says.
    NotesStay,
    /// A note is told however old it is.
    OldNotesAreTold,
    /// An update that is made again is remembered again.
    RepeatsAreNoted,
    /// A handle goes on to answer what it has read, until it writes something itself.
    HandlesKeepCopies,
    /// A server that is away has nothing.
    AwayIsAbsent,
    /// A server that is away is waited for.
    AwayIsAwaited,
}
