-- Leaves the page of a window: what it may still do on its own, it does no more. Answers "stranger" where it is not ours.
-- Arguments: the window's id, the file that leaves the page, the longest time of one event (seconds).
on run argv
	set theWindow to (item 1 of argv) as integer
	set theLeave to read POSIX file (item 2 of argv) as «class utf8»
	set longest to (item 3 of argv) as integer
	with timeout of longest seconds
		tell application id "com.apple.Safari"
			set theAnswer to do JavaScript theLeave in current tab of window id theWindow
			if theAnswer is "stranger" then
				return theAnswer
			end if
			set URL of current tab of window id theWindow to "about:blank"
		end tell
	end timeout
	return "left"
end run
