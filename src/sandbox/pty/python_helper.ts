/**
 * The program that holds a pseudo-terminal: Deno has none.
 *
 * It is run as `python3 -ISc PROGRAM FOLDER N NAME=VALUE… COMMAND…`, with N variables for the command,
 * and speaks in frames (see `frames.ts`) over its standard input and output. It ends when the command
 * has ended, or when its input does, as it would with the sandbox; either way what still runs in the
 * terminal's session is hung up, and killed if that does not help. A signal for the sandbox's own
 * terminal, which it shares, is not its own.
 *
 * @module
 */

/** Needs Python 3.5 and a POSIX system. */
export const PYTHON_HELPER = String.raw`
import errno, fcntl, os, pty, select, signal, struct, sys, termios, time

MINE = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
for number in MINE:
    signal.signal(number, signal.SIG_IGN)

woken, waker = os.pipe()
os.set_blocking(woken, False)
os.set_blocking(waker, False)
signal.set_wakeup_fd(waker)
signal.signal(signal.SIGCHLD, lambda *_: None)

folder, count = sys.argv[1], int(sys.argv[2])
environment = dict(each.split("=", 1) for each in sys.argv[3:3 + count])
command = sys.argv[3 + count:]

child, terminal = pty.fork()
if child == 0:
    for number in MINE + (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.chdir(folder)
        os.execvpe(command[0], command, environment)
    except OSError as error:
        os.write(2, ("%s: %s\r\n" % (command[0], error.strerror)).encode())
        os._exit(127)

for descriptor in (0, 1, terminal):
    os.set_blocking(descriptor, False)

def frame(kind, data):
    return kind + struct.pack(">I", len(data)) + data

def read(descriptor):
    try:
        return os.read(descriptor, 16384)
    except BlockingIOError:
        return None
    except OSError:
        return b""

def write(descriptor, pending):
    try:
        del pending[:os.write(descriptor, pending)]
    except BlockingIOError:
        pass
    except OSError:
        del pending[:]
        return False
    return True

def session():
    try:
        found = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        found = [child]
    members = []
    for pid in found:
        try:
            if os.getsid(pid) == child:
                members.append(pid)
        except OSError:
            pass
    return members

def reap(seconds):
    end = time.monotonic() + seconds
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid != 0:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        if time.monotonic() >= end:
            return None
        time.sleep(0.002)

def signal_session(number):
    for pid in session():
        try:
            os.kill(pid, number)
        except OSError:
            pass

incoming, keys = bytearray(), bytearray()
outgoing = bytearray(frame(b"S", struct.pack(">I", child)))
running, listening, status = True, True, None
while listening and (running or outgoing):
    reading = [woken] + ([0] if len(keys) < 65536 else [])
    if running and not outgoing:
        reading.append(terminal)
    writing = ([1] if outgoing else []) + ([terminal] if keys and running else [])
    # Once the command has ended, only what the terminal holds already is read.
    patience = None if status is None or outgoing else 0
    readable, writable, _ = select.select(reading, writing, [], patience)
    if woken in readable:
        read(woken)
        if status is None:
            status = reap(0)
    elif running and not outgoing and status is not None and terminal not in readable:
        running = False
    if 0 in readable:
        data = read(0)
        if data == b"":
            listening = False
        incoming += data or b""
        while len(incoming) >= 5:
            length = struct.unpack(">I", bytes(incoming[1:5]))[0]
            if len(incoming) < 5 + length:
                break
            kind, data = incoming[:1], bytes(incoming[5:5 + length])
            del incoming[:5 + length]
            if kind == b"D":
                keys += data
            elif kind == b"R" and running:
                rows, columns = struct.unpack(">HH", data)
                size = struct.pack("HHHH", rows, columns, 0, 0)
                try:
                    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
                except OSError:
                    pass
    if terminal in readable:
        data = read(terminal)
        if data == b"":
            running = False
        elif data:
            outgoing += frame(b"D", data)
    if terminal in writable:
        write(terminal, keys)
    if 1 in writable and not write(1, outgoing):
        listening = False

if status is None and not running:
    status = reap(1)
os.close(terminal)
for number in (signal.SIGHUP, signal.SIGCONT):
    signal_session(number)
if status is None:
    status = reap(0.3)
end = time.monotonic() + 0.3
while session() and time.monotonic() < end:
    time.sleep(0.005)
signal_session(signal.SIGKILL)
if status is None:
    status = reap(5)
if listening:
    os.set_blocking(1, True)
    os.write(1, frame(b"X", struct.pack(">I", 255 if status is None else status)))
`;
