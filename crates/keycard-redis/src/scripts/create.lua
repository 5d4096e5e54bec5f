-- KEYS: session, the owner's history if ARGV holds a note, the owner's index if there is one.
-- ARGV: record, life in ms, now, the note or ''; with an index: the entry.

local session, record, life, now, note = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local history, index, first_of_entry = KEYS[2], KEYS[note == '' and 2 or 3], 5
local old = nil

include 'together'
include 'admission'
include 'begin'
local may_have_moved = false
include 'enter'
