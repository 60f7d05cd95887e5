"""The guide of each team in PostgreSQL: what is known of its first steps, and who was greeted."""

from livesop_bot.db.jobs import GreetJob, enqueue
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.domain.guide import Greeting, Guide, GuideStep, Shown
from livesop_bot.domain.signals import TeamId, UserId


class Guides:
    """Reads and moves guides. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._noted: set[tuple[TeamId, GuideStep]] = set()

    async def get(self, team: TeamId, user: UserId) -> Guide:
        """Give the guide of a team as somebody wants to see it."""
        with away():
            row = await self._pool.fetchrow(sql("guide"), team, user)
        assert row is not None
        return Guide(
            done=frozenset(step for step in GuideStep if row[step.value]),
            shown=Shown(row["shown"]),
            is_greeted=row["is_greeted"],
        )

    async def note(self, team: TeamId, step: GuideStep) -> None:
        """Note that a team took a step; a switch is seen where it is, and not noted."""
        if (team, step) not in self._noted:
            with away():
                await self._pool.execute(sql("guide_fact"), team, step)
            self._noted.add((team, step))

    async def show(self, team: TeamId, user: UserId, shown: Shown) -> None:
        """Keep how somebody wants to see the guide."""
        with away():
            await self._pool.execute(sql("show_guide"), team, user, shown)

    async def greet(self, team: TeamId, user: UserId) -> bool:
        """Have a person greeted by a message; False: the team has had its greeting."""
        with away():
            async with self._pool.acquire() as connection, connection.transaction():
                if not await connection.fetchval(sql("greet"), team, user):
                    return False
                await enqueue(connection, [GreetJob(team)])
        return True

    async def greeting(self, team: TeamId) -> Greeting | None:
        """Give the message to whoever is greeted."""
        with away():
            row = await self._pool.fetchrow(sql("greeting"), team)
        if row is None:
            return None
        user = UserId(row["greeted"])
        return Greeting(
            team=team,
            user=user,
            key=row["greeting"],
            is_sent=row["is_sent"],
            guide=await self.get(team, user),
        )

    async def greeted(self, team: TeamId) -> None:
        """Note that the message was sent."""
        with away():
            await self._pool.execute(sql("greeted"), team)
