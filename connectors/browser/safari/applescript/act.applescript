-- Runs a call once in the page of a window; where the page's library is missing, installs it first. Never runs a call twice.
-- Arguments: the window's id, the file of the library, the file of the call, the longest time of one event (seconds).
on run argv
	set theWindow to (item 1 of argv) as integer
	set theLibrary to read POSIX file (item 2 of argv) as «class utf8»
	set theCall to read POSIX file (item 3 of argv) as «class utf8»
	set longest to (item 4 of argv) as integer
	with timeout of longest seconds
		tell application id "com.apple.Safari"
			set theAnswer to do JavaScript theCall in current tab of window id theWindow
			if theAnswer is "install" then
				do JavaScript theLibrary in current tab of window id theWindow
				set theAnswer to do JavaScript theCall in current tab of window id theWindow
			end if
			return theAnswer
		end tell
	end timeout
end run
