-- Makes a window of our own, an empty one, and answers its id; first closes the one that was ours before, if it is there.
-- Arguments: the id of that window or 0, the longest time of one event (seconds).
on run argv
	set theOld to (item 1 of argv) as integer
	set longest to (item 2 of argv) as integer
	with timeout of longest seconds
		tell application id "com.apple.Safari"
			launch
			set known to id of every window
			if known contains theOld then
				close window id theOld
			end if
			make new document with properties {URL:"about:blank"}
			repeat with candidate in (id of every window)
				if known does not contain (contents of candidate) then
					return (contents of candidate) as text
				end if
			end repeat
		end tell
	end timeout
	return "none"
end run
