package models

import "time"

// ReportReason is why somebody reports a release, one of a fixed list.
type ReportReason string

// The reasons of reports.
const (
	ReportCopyright  ReportReason = "copyright"
	ReportMinors     ReportReason = "minors" // children are harmed or shown as they must not be
	ReportSexual     ReportReason = "sexual"
	ReportViolence   ReportReason = "violence"
	ReportHate       ReportReason = "hate"
	ReportHarassment ReportReason = "harassment"
	ReportPrivacy    ReportReason = "privacy"
	ReportIllegal    ReportReason = "illegal"
	ReportSpam       ReportReason = "spam"
	ReportOther      ReportReason = "other"
)

// Valid reports whether r is on the list.
func (r ReportReason) Valid() bool {
	switch r {
	case ReportCopyright, ReportMinors, ReportSexual, ReportViolence, ReportHate,
		ReportHarassment, ReportPrivacy, ReportIllegal, ReportSpam, ReportOther:
		return true
	}
	return false
}

// Report is somebody's word that moderators should look at a release.
type Report struct {
	ID        int64
	ReleaseID string
	AccountID int64  // 0: a visitor
	Reporter  string // the account's name; empty for a visitor
	Reason    ReportReason
	Text      string // at most 2,000 characters; empty where the reason says it all
	Decision  int64  // the trail entry that answered it; 0: it is open
	CreatedAt time.Time
}

// Action is what an entry of the moderation trail tells.
type Action string

// The actions. Of a release: its moderators hide it, take it down, restore it,
// approve it as it is, dismiss what waits without a change, or undo their last
// word; its creator withdraws it, brings it back, and answers a decision. The
// others are of an account or a channel.
const (
	ActionHide           Action = "hide"
	ActionTakeDown       Action = "take_down"
	ActionRestore        Action = "restore"
	ActionApprove        Action = "approve"
	ActionReview         Action = "review" // it has to be approved before others see it
	ActionDismiss        Action = "dismiss"
	ActionUndo           Action = "undo"
	ActionWithdraw       Action = "withdraw"
	ActionAppeal         Action = "appeal"
	ActionBlockAccount   Action = "block_account"
	ActionUnblockAccount Action = "unblock_account"
	ActionBlockChannel   Action = "block_channel"
	ActionUnblockChannel Action = "unblock_channel"
)

// OfRelease reports whether a moderator may decide so on a release.
func (a Action) OfRelease() bool {
	switch a {
	case ActionHide, ActionTakeDown, ActionRestore, ActionDismiss, ActionUndo:
		return true
	}
	return false
}

// Blocks reports whether a is about an account or a channel, and which way.
func (a Action) Blocks() (of, blocked bool) {
	switch a {
	case ActionBlockAccount, ActionBlockChannel:
		return true, true
	case ActionUnblockAccount, ActionUnblockChannel:
		return true, false
	}
	return false, false
}

// Decision is a moderator's word on one release, account or channel.
type Decision struct {
	Action    Action
	ReleaseID string
	ChannelID string
	AccountID int64
	Reason    string // shown to the creator, and where the release was; at most 2,000 characters
	By        int64  // the moderator's account
	// Seen is the newest trail entry of the release that the moderator knew of, 0
	// for none: of two who decide at once, one is told that the other has.
	Seen int64
}

// TrailEntry is one line of the moderation trail: who, what, why and when. It is
// never changed or removed.
type TrailEntry struct {
	ID        int64
	By        int64  // the account that acted; 0: the node itself
	ByName    string // empty where that account is not there
	Action    Action
	ReleaseID string // empty: it is about an account or a channel
	Title     string // of the release; empty where that is gone
	ChannelID string
	Channel   string // its name
	AccountID int64  // whom it is about
	Account   string // that account's name
	Standing  Standing
	Was       Standing // of the release before; empty where nothing was to be changed
	Reason    string
	Refers    int64    // the entry that was answered or undone
	Answers   CaseKind // what waited, and was answered by it; empty for nothing
	CreatedAt time.Time
}

// CaseKind says why a release waits for a moderator.
type CaseKind string

// The kinds of cases.
const (
	CaseReport CaseKind = "report"
	CaseAppeal CaseKind = "appeal"
	CaseReview CaseKind = "review" // it is seen by others only once approved
	CaseNew    CaseKind = "new"    // it was published, and no moderator has seen it
)

// Valid reports whether k is a known kind.
func (k CaseKind) Valid() bool { return k.Urgency() >= 0 }

// Urgency is 0 for what somebody asked for, 1 for what only came, -1 for no kind.
func (k CaseKind) Urgency() int {
	switch k {
	case CaseReport, CaseAppeal:
		return 0
	case CaseReview, CaseNew:
		return 1
	}
	return -1
}

// Case is a release that waits for a moderator.
type Case struct {
	Release  Release
	Kind     CaseKind
	OpenedAt time.Time
	Blocked  bool        // its channel is
	Reports  []Report    // the open ones, oldest first; at most 20
	Count    int         // of open reports
	Last     *TrailEntry // the newest of its trail; nil: nobody has said anything yet
	Decision *TrailEntry // the newest that gave it the standing it has; nil: none did
}

// Review says whose releases are seen by others only once a moderator has
// approved them. Moderators' own never wait.
type Review string

// The settings. New: of accounts of which nothing is published yet.
const (
	ReviewOff Review = "off"
	ReviewNew Review = "new"
	ReviewAll Review = "all"
)

// Valid reports whether r is a known setting.
func (r Review) Valid() bool { return r == ReviewOff || r == ReviewNew || r == ReviewAll }

// Likeness is what a release looks and sounds like, to find copies of it that
// were encoded anew.
type Likeness struct {
	Sound    []uint32 // Chromaprint's sub-fingerprints of its first minutes, 8 a second
	Pictures []uint64 // perceptual hashes of pictures taken over its whole length
}

// Lookalike is a release that moderators took down and that another resembles.
// Sound and Pictures say how much, 0 to 1; it may be gone meanwhile.
type Lookalike struct {
	ReleaseID string
	Title     string
	Reason    string // of the takedown
	Sound     float64
	Pictures  float64
}
