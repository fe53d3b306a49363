"""Tries TCP port 23 of 60 addresses at once, as the Mirai family does, and gives each one four seconds."""
import asyncio
import sys

prefix, first = sys.argv[1], int(sys.argv[2])


async def knock(host: str) -> None:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, 23), 4)
        writer.close()
    except (OSError, asyncio.TimeoutError):
        pass


async def sweep() -> None:
    jobs = []
    for last in range(first, first + 60):
        jobs.append(asyncio.create_task(knock(f'{prefix}.{last}')))
        await asyncio.sleep(0.1)
    await asyncio.gather(*jobs)


asyncio.run(sweep())
