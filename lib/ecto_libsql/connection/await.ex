defmodule EctoLibSql.Connection.Await do
  @moduledoc false
  # Waits for the write lock outside any scheduler. A NIF call that needs the lock while another
  # connection has it answers {:wait, ticket}: the caller is queued and nothing has happened. Here it
  # waits in `receive` for its turn and repeats the call.
  #
  # The wait ends with the connection's busy timeout ("database is locked"), with the caller's own
  # deadline, or when the connection is interrupted or closed. No message of a ticket stays in the inbox.

  alias EctoLibSql.{Nif, State, Telemetry}

  # The message of a grant that raced with giving up is on its way; this bounds the wait for one that got lost.
  @flush_ms 1_000

  @doc """
  Waits for `ticket`, then calls `again` with what is left of `timeout` (milliseconds, or -1), for as
  long as it answers `{:wait, _}`. Errors have the form that the NIF gives them.
  """
  @spec repeat(Nif.ticket(), State.t(), integer(), (integer() -> answer)) ::
          answer | Nif.failure()
        when answer: term()
  def repeat(ticket, state, timeout, again) do
    case Nif.busy_timeout(State.conn(state)) do
      {:ok, busy_timeout} ->
        limits = limits(now(), busy_timeout, timeout)
        wait(ticket, {state.conn_id, again, limits}, Telemetry.now())

      {:error, _} = error ->
        give_up(ticket)
        error
    end
  end

  # Times in milliseconds: until when to wait for the lock, and when the call must be over (or nil).
  defp limits(started, busy_timeout, timeout) when timeout < 0, do: {started + busy_timeout, nil}
  defp limits(started, busy_timeout, timeout), do: {started + busy_timeout, started + timeout}

  defp wait(ticket, {_id, _again, limits} = call, since) do
    receive do
      {:ecto_libsql_granted, ^ticket} -> granted(call, since)
      {:ecto_libsql_cancelled, ^ticket} -> cancelled(call, since)
    after
      patience(limits) -> expired(ticket, call, since)
    end
  end

  defp granted({id, again, limits} = call, since) do
    Telemetry.busy(since, id, :granted)

    case again.(remaining(limits)) do
      {:wait, ticket} -> wait(ticket, call, Telemetry.now())
      answer -> answer
    end
  end

  defp cancelled({id, _again, _limits}, since) do
    Telemetry.busy(since, id, :cancelled)
    error(:interrupted, :interrupt, "interrupted")
  end

  defp expired(ticket, call, since) do
    case give_up(ticket) do
      # The lock was granted just before the end: one more try, which hardly waits.
      :granted -> granted(call, since)
      :cancelled -> cancelled(call, since)
      :waiting -> gave_up(call, since)
    end
  end

  defp gave_up({id, _again, {_lock, deadline}}, since) do
    Telemetry.busy(since, id, :timeout)

    if deadline != nil and deadline <= now() do
      error(
        :timeout,
        :interrupt,
        "interrupted: the timeout passed while waiting for the write lock"
      )
    else
      error(:busy, :busy, "database is locked")
    end
  end

  # Leaves the queue, and removes the message of a ticket that was granted or cancelled from the inbox.
  defp give_up(ticket) do
    before = Nif.cancel_write(ticket)
    if before != :waiting, do: flush(ticket)
    before
  end

  defp flush(ticket) do
    receive do
      {:ecto_libsql_granted, ^ticket} -> :ok
      {:ecto_libsql_cancelled, ^ticket} -> :ok
    after
      @flush_ms -> :ok
    end
  end

  defp error(kind, code, message) do
    {:error,
     %{
       kind: kind,
       message: message,
       code: code,
       extended_code: code,
       statement: nil,
       offset: nil,
       recovery: Nif.recovery(kind, code)
     }}
  end

  defp patience({lock, nil}), do: max(lock - now(), 0)
  defp patience({lock, deadline}), do: max(min(lock, deadline) - now(), 0)

  defp remaining({_lock, nil}), do: -1
  defp remaining({_lock, deadline}), do: max(deadline - now(), 0)

  defp now, do: System.monotonic_time(:millisecond)
end
