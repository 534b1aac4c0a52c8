defmodule Ecto.Adapters.LibSQL do
  @moduledoc """
  `Ecto.Adapters.LibSql` under its other spelling, for configurations that have it.

      use Ecto.Repo, otp_app: :my_app, adapter: Ecto.Adapters.LibSQL
  """

  use EctoLibSql.AdapterName
end
