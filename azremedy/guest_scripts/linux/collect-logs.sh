# Shows the end of one log: of several files the one that was written last. Keys of storage
# addresses are left out, and so are files that hold passwords or certificates.
file=$(ls -tdp @ARGUMENT@ 2>/dev/null | grep -v -e '/$' -e ovf-env -e Certificates | head -n 1)
tail -c 3600 "$file" 2>/dev/null | sed -e 's/sig=[^&"<> ]*/sig=.../g'
echo
echo "file=$file"
echo azremedy=done
