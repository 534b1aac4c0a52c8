defmodule EctoLibSql.Connection.Await do
  @moduledoc false
  # Waits outside any scheduler for what a NIF call cannot answer at once.
  #
  # {:pending, job}: the call goes on on a thread of the library, which sends the answer. At the caller's
  # deadline a job that has not begun, or that only reads, is given up; a running write is stopped by the
  # library and its answer awaited.
  #
  # {:wait, ticket}: the call needs the write lock while another connection has it: the caller is queued
  # and nothing has happened. Here it waits in `receive` for its turn and repeats the call. The wait ends
  # with the connection's busy timeout ("database is locked"), with the caller's own deadline, or when the
  # connection is interrupted or closed.
  #
  # No message of a job or a ticket stays in the inbox.

  alias EctoLibSql.{Nif, State, Telemetry}

  # A job that is stopped at the deadline answers with a better error than this module has: it gets this time.
  @grace_ms 10
  # How often a job that cannot be given up is asked again.
  @again_ms 5
  # The message of a grant that raced with giving up is on its way; this bounds the wait for one that got lost.
  @flush_ms 1_000

  @doc """
  The answer of a call that answered `{:pending, job}` or `{:wait, ticket}`; `again` makes the call with what
  is left of `timeout` (milliseconds, or -1). Errors have the form that the NIF gives them.
  """
  @spec repeat({:pending, Nif.job()} | Nif.wait(), State.t(), integer(), (integer() -> answer)) ::
          answer | Nif.failure()
        when answer: term()
  def repeat(waiting, state, timeout, again) do
    deadline = deadline(timeout)

    case answer(waiting, deadline, timeout) do
      {:wait, ticket} -> in_turn(ticket, state, deadline, again)
      answer -> answer
    end
  end

  @doc "The answer of a call that needs no turn to write."
  @spec answer(answer | {:pending, Nif.job()}, integer()) :: answer | Nif.failure()
        when answer: term()
  def answer(answer, timeout \\ -1)
  def answer({:pending, _job} = pending, timeout), do: answer(pending, deadline(timeout), timeout)
  def answer(answer, _timeout), do: answer

  # The tag is made in the function that receives it: the VM then looks at no older message.
  defp answer({:pending, job}, deadline, timeout) do
    tag = make_ref()

    with :ok <- Nif.run_job(job, tag, timeout) do
      receive do
        {:ecto_libsql_answer, ^tag, answer} -> answer
      after
        job_patience(deadline) -> give_up_job(job, tag)
      end
    end
  end

  defp answer(answer, _deadline, _timeout), do: answer

  defp give_up_job(job, tag) do
    case Nif.cancel_job(job) do
      :cancelled -> timed_out("interrupted: the timeout passed while the connection was busy")
      :answered -> await_job(job, tag, @flush_ms)
      :running -> await_job(job, tag, @again_ms)
    end
  end

  defp await_job(job, tag, time) do
    receive do
      {:ecto_libsql_answer, ^tag, answer} -> answer
    after
      time -> give_up_job(job, tag)
    end
  end

  defp in_turn(ticket, state, deadline, again) do
    case Nif.busy_timeout(State.conn(state)) do
      {:ok, busy_timeout} ->
        call = {state.conn_id, again, {now() + busy_timeout, deadline}}
        wait(ticket, call, Telemetry.now())

      {:error, _} = error ->
        give_up(ticket)
        error
    end
  end

  # Times in milliseconds: when the call must be over, or nil.
  defp deadline(timeout) when timeout < 0, do: nil
  defp deadline(timeout), do: now() + timeout

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

    {_lock, deadline} = limits
    left = remaining(limits)

    case answer(again.(left), deadline, left) do
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
      timed_out("interrupted: the timeout passed while waiting for the write lock")
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

  defp timed_out(message), do: error(:timeout, :interrupt, message)

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

  defp job_patience(nil), do: :infinity
  defp job_patience(deadline), do: max(deadline - now(), 0) + @grace_ms

  defp patience({lock, nil}), do: max(lock - now(), 0)
  defp patience({lock, deadline}), do: max(min(lock, deadline) - now(), 0)

  defp remaining({_lock, nil}), do: -1
  defp remaining({_lock, deadline}), do: max(deadline - now(), 0)

  defp now, do: System.monotonic_time(:millisecond)
end
