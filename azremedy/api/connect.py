"""Reach Azure, or a local sandbox, with one session to read and one to write."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from azremedy.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from azremedy.api.stores import Place
    from azremedy.domain.plan import Origin
    from azremedy.engine.store import Store
    from azremedy.gateways.clients import SessionOptions
    from azremedy.gateways.clock import Clock
    from azremedy.gateways.session import Gateways, Session
    from azremedy.sandbox import App, World


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectOptions:
    """Where to connect to, and as whom."""

    subscription: str | None = None
    """Id or name; else ``AZURE_SUBSCRIPTION_ID``, else the Azure CLI's default."""
    tenant: str | None = None
    """Tenant to sign in to; else the credential's own."""
    cloud: str = "public"
    """``public``, ``china``, ``usgov``, or the https URL of a cloud's metadata."""
    sandbox: str | None = None
    """A scenario's name or file: a fresh local world in virtual time instead of Azure."""
    record: str | None = None
    """With a sandbox: a file that gets each HTTP exchange."""
    read_only: bool = False
    """Whether nothing can be changed over this connection, whatever is asked of it."""
    state: str | None = None
    """Where runs are kept: a folder or a container's URL; else what the environment names."""


class Azure:
    """One connection. Make it with :func:`connect`, which closes it again.

    Args:
        open_session: makes a session, read-only or not.
        find_subscription: finds the subscription for commands that are not given whole ids.
        sandbox: the scenario's name when this is no real Azure.
        read_only: whether no session that can write may be opened.
        state_folder: where runs are kept and looked up; else ``state``. Rehearsals heed earlier
            runs only in one that is given here.
        state: names where runs are kept; see :func:`azremedy.api.stores.make_store`.
    """

    def __init__(
        self,
        open_session: Callable[[SessionOptions], Session],
        find_subscription: Callable[[Session], str],
        *,
        sandbox: str | None = None,
        read_only: bool = False,
        state_folder: Place | None = None,
        state: str | None = None,
    ) -> None:
        from azremedy.gateways.clients import SessionOptions  # noqa: PLC0415 - not before signing in
        from azremedy.gateways.rates import Rates  # noqa: PLC0415 - as above

        self.read_only = read_only
        self.state_folder = state_folder
        self._state = state
        self._later: tuple[str, ...] = ()
        self._store: Store | None = None
        self.reader = open_session(SessionOptions(read_only=True, rates=Rates()))
        self.sandbox = sandbox
        self._open_session = open_session
        self._find_subscription = find_subscription
        self._subscription_id: str | None = None

    @property
    def clock(self) -> Clock:
        """Azure's clock."""
        return self.reader.clock

    @property
    def subscription_id(self) -> str:
        """The subscription for everything that is not named by a whole id.

        Raises:
            UsageError: when none is given anywhere.
            TargetNotFoundError: when a subscription of that name cannot be seen.
        """
        if self._subscription_id is None:
            self._subscription_id = self._find_subscription(self.reader)
        return self._subscription_id

    def load_while_asking(self, *modules: str) -> None:
        """Name modules that are needed when the first answers are there.

        They are imported in the background as soon as Azure is asked: before, they would only
        delay the asking.
        """
        self._later = modules

    def gateways(self, subscription_id: str | None = None) -> Gateways:
        """Give gateways that can only read; with the first of them Azure is about to be asked."""
        modules, self._later = self._later, ()
        if modules:
            Thread(target=_load, args=(modules,), daemon=True).start()
        return self.reader.subscription(subscription_id or self.subscription_id)

    def find_origin(self) -> Origin:
        """Say where plans are made, and by whom.

        Raises:
            SignInError: no credential worked.
        """
        from azremedy.domain.plan import Origin  # noqa: PLC0415 - loads all steps

        caller = self.reader.find_caller()
        return Origin(
            cloud=self.reader.cloud.resource_manager,
            tenant_id=caller.tenant_id,
            caller=caller.name,
            sandbox=self.sandbox or "",
        )

    def check_writable(self) -> None:
        """Refuse to go on where nothing may be changed.

        Raises:
            RefusedError: the connection only reads.
        """
        if self.read_only:
            raise RefusedError(
                "This process may only read: nothing was changed",
                advice="Leave --read-only out, and unset AZREMEDY_READ_ONLY.",
            )

    def open_writer(self) -> Session:
        """Open a session that can write; the caller closes it.

        Raises:
            RefusedError: the connection only reads.
        """
        self.check_writable()
        return self._open_session(replace(self.reader.options, read_only=False))

    def find_store(self, given: Place | None = None) -> Store:
        """Give what keeps runs; it is closed with this connection.

        Args:
            given: the caller's own place, which goes first and which the caller closes.

        Raises:
            UsageError: what is named is no place for runs.
        """
        from azremedy.api.stores import as_store, make_store  # noqa: PLC0415 - only for runs

        if (place := given or self.state_folder) is not None:
            return as_store(place)
        if self._store is None:
            self._store = make_store(self._state, rehearsals=self.sandbox is not None)
        return self._store

    def close(self) -> None:
        """Close the reading session, and what keeps runs."""
        self.reader.close()
        if self._store is not None:
            self._store.close()


@contextmanager
def connect(options: ConnectOptions) -> Iterator[Azure]:
    """Connect to Azure, or to a fresh world when a sandbox is named.

    To real Azure signing in begins at once, in the background; nothing else is sent before the
    first read. That it fails is told by whatever is read first.

    Raises:
        UsageError: for an unknown cloud or a scenario that cannot be read.
    """
    azure = _connect_azure(options) if options.sandbox is None else _connect_sandbox(options)
    try:
        yield azure
    finally:
        azure.close()


def _connect_azure(options: ConnectOptions) -> Azure:
    from azremedy.gateways.clouds import find_cloud  # noqa: PLC0415 - not for sandboxes
    from azremedy.gateways.credentials import (  # noqa: PLC0415 - loads the SDK
        default_credential,
        load_credentials,
        load_network,
    )

    # Before there are two threads: both would load it, and be in each other's way.
    load_network()
    with ThreadPoolExecutor(1) as pool:
        # A custom cloud has to be asked what it is; the SDK is loaded meanwhile.
        finding = pool.submit(find_cloud, options.cloud)
        load_credentials()
    cloud = finding.result()
    credential = default_credential(cloud, options.tenant)
    # It waits for the network; what the command needs is loaded meanwhile.
    credential.begin(cloud.scope)
    from azremedy.gateways.clock import AzureClock  # noqa: PLC0415 - not before signing in
    from azremedy.gateways.session import Session  # noqa: PLC0415 - as above
    from azremedy.gateways.subscriptions import (  # noqa: PLC0415 - as above
        choose_subscription,
        resolve_subscription,
    )

    def find(session: Session) -> str:
        chosen = choose_subscription(options.subscription, environ=os.environ, home=Path.home())
        return resolve_subscription(chosen, session.subscriptions.list_subscriptions)

    # One clock for all sessions: a new one would know Azure's time only after its first answer.
    clock = AzureClock()
    return Azure(
        lambda session: Session(credential, cloud, clock=clock, options=session),
        find,
        read_only=options.read_only,
        state=options.state,
    )


def _load(modules: tuple[str, ...]) -> None:
    """Import modules; that one cannot be is told where it is needed."""
    with suppress(ImportError):
        for name in modules:
            import_module(name)


def _connect_sandbox(options: ConnectOptions) -> Azure:
    from azremedy.sandbox import App, World  # noqa: PLC0415 - only when asked for
    from azremedy.sandbox import scenario as scenarios  # noqa: PLC0415 - only when asked for
    from azremedy.sandbox.recorder import Recorder  # noqa: PLC0415 - only when asked for

    try:
        scenario = scenarios.load(options.sandbox or "")
    except scenarios.ScenarioError as error:
        raise UsageError(str(error), advice="See 'azremedy sandbox list'.") from error
    record = Path(options.record) if options.record else None
    recorder = Recorder(record, cassette=scenario.name) if record else None
    app = App(World(scenario), recorder=recorder)
    return connect_app(app, options.subscription, read_only=options.read_only, state=options.state)


def connect_app(
    app: App,
    subscription: str | None = None,
    *,
    read_only: bool = False,
    state_folder: Place | None = None,
    state: str | None = None,
) -> Azure:
    """Connect to a world that the caller holds, for rehearsals that look at it afterwards.

    Args:
        app: the world.
        subscription: the subscription for what is not named by a whole id; else the world's first.
        read_only: whether nothing can be changed over this connection.
        state_folder: where journals are kept. Only where one is named do plans heed earlier runs:
            they were in other worlds otherwise.
        state: names where journals are kept without that.
    """
    from azremedy.gateways.session import Session  # noqa: PLC0415 - on use
    from azremedy.sandbox import SandboxCredential, WorldTransport  # noqa: PLC0415 - on use

    transport, clock = WorldTransport(app), WorldClock(app.world)
    return Azure(
        lambda session: Session(
            SandboxCredential(), transport=transport, clock=clock, options=session
        ),
        lambda session: _find_in_world(subscription, session),
        sandbox=app.world.scenario.name,
        read_only=read_only,
        state_folder=state_folder,
        state=state,
    )


def _find_in_world(asked: str | None, session: Session) -> str:
    """Choose among the world's subscriptions; the person's own settings are about real Azure."""
    from azremedy.gateways.subscriptions import resolve_subscription  # noqa: PLC0415 - on use

    if asked:
        return resolve_subscription(asked, session.subscriptions.list_subscriptions)
    return session.subscriptions.list_subscriptions()[0].id


class WorldClock:
    """A world's virtual time as the clock of a session.

    Args:
        world: the world.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        """Give the world's time."""
        with self._world.lock:
            return self._world.clock.now()

    def sleep(self, seconds: float) -> None:
        """Move the world's time on; takes none of the person's."""
        with self._world.lock:
            self._world.clock.advance(seconds)
