import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from apps.at_once import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '__first__'),
        ('batch', '0001_initial'),
    ]

    operations = [
        CreateModels([
        migrations.CreateModel(
            name='TemperatureProfile',
            fields=[
                ('profile_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=255)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name',), name='scenario_temperatureprofile_name_key')],
            },
        ),
        migrations.CreateModel(
            name='TemperatureReading',
            fields=[
                ('reading_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('profile', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='scenario.temperatureprofile')),
                ('temperature', models.FloatField()),
                ('day_number', models.IntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('profile', 'day_number'), name='temperaturereading_profile_day_number_uniq')],
            },
        ),
        migrations.CreateModel(
            name='TGCModel',
            fields=[
                ('model_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('profile', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tgc_models', to='scenario.temperatureprofile')),
                ('name', models.CharField(max_length=255)),
                ('location', models.CharField(max_length=255)),
                ('release_period', models.CharField(max_length=255)),
                ('tgc_value', models.FloatField()),
                ('exponent_n', models.FloatField(default=1.0)),
                ('exponent_m', models.FloatField(default=0.3333333333333333)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name',), name='scenario_tgcmodel_name_key')],
            },
        ),
        migrations.CreateModel(
            name='TGCModelStage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tgc_model', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='stage_overrides', to='scenario.tgcmodel')),
                ('lifecycle_stage', models.CharField(choices=[('egg', 'Egg'), ('alevin', 'Alevin'), ('fry', 'Fry'), ('parr', 'Parr'), ('smolt', 'Smolt'), ('post_smolt', 'Post Smolt'), ('harvest', 'Harvest')], max_length=20)),
                ('tgc_value', models.DecimalField(decimal_places=4, max_digits=6)),
                ('temperature_exponent', models.DecimalField(decimal_places=2, default=Decimal('1.00'), max_digits=4)),
                ('weight_exponent', models.DecimalField(decimal_places=2, default=Decimal('0.33'), max_digits=4)),
            ],
            options={
                'db_table': 'scenario_tgc_model_stage',
                'constraints': [models.UniqueConstraint(fields=('tgc_model', 'lifecycle_stage'), name='tgcmodelstage_tgc_model_lifecycle_stage_uniq')],
            },
        ),
        migrations.CreateModel(
            name='FCRModel',
            fields=[
                ('model_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=255)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name',), name='scenario_fcrmodel_name_key')],
            },
        ),
        migrations.CreateModel(
            name='FCRModelStage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='stages', to='scenario.fcrmodel')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fcr_stages', to='batch.lifecyclestage')),
                ('fcr_value', models.FloatField()),
                ('duration_days', models.IntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('model', 'stage'), name='fcrmodelstage_model_stage_uniq')],
            },
        ),
        migrations.CreateModel(
            name='FCRModelStageOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fcr_stage', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='overrides', to='scenario.fcrmodelstage')),
                ('min_weight_g', models.DecimalField(decimal_places=2, max_digits=10)),
                ('max_weight_g', models.DecimalField(decimal_places=2, max_digits=10)),
                ('fcr_value', models.DecimalField(decimal_places=3, max_digits=5)),
            ],
            options={
                'db_table': 'scenario_fcr_model_stage_override',
            },
        ),
        migrations.CreateModel(
            name='MortalityModel',
            fields=[
                ('model_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=255)),
                ('frequency', models.CharField(choices=[('daily', 'Daily'), ('weekly', 'Weekly')], default='daily', max_length=10)),
                ('rate', models.FloatField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name',), name='scenario_mortalitymodel_name_key')],
            },
        ),
        migrations.CreateModel(
            name='MortalityModelStage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mortality_model', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='stage_overrides', to='scenario.mortalitymodel')),
                ('lifecycle_stage', models.CharField(choices=[('egg', 'Egg'), ('alevin', 'Alevin'), ('fry', 'Fry'), ('parr', 'Parr'), ('smolt', 'Smolt'), ('post_smolt', 'Post Smolt'), ('harvest', 'Harvest')], max_length=20)),
                ('daily_rate_percent', models.DecimalField(decimal_places=3, max_digits=5)),
                ('weekly_rate_percent', models.DecimalField(blank=True, decimal_places=3, max_digits=5, null=True)),
            ],
            options={
                'db_table': 'scenario_mortality_model_stage',
                'constraints': [models.UniqueConstraint(fields=('mortality_model', 'lifecycle_stage'), name='mortalitymodelstage_mortality_model_lifecycle_stage_uniq')],
            },
        ),
        migrations.CreateModel(
            name='BiologicalConstraints',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='created_constraints', to=settings.AUTH_USER_MODEL)),
                ('name', models.CharField(max_length=100)),
                ('description', models.TextField(blank=True, default='')),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'biological constraints',
                'db_table': 'scenario_biological_constraints',
                'constraints': [models.UniqueConstraint(fields=('name',), name='scenario_biological_constraints_name_key')],
            },
        ),
        migrations.CreateModel(
            name='StageConstraint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('constraint_set', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='stage_constraints', to='scenario.biologicalconstraints')),
                ('lifecycle_stage', models.CharField(choices=[('egg', 'Egg'), ('alevin', 'Alevin'), ('fry', 'Fry'), ('parr', 'Parr'), ('smolt', 'Smolt'), ('post_smolt', 'Post Smolt'), ('harvest', 'Harvest')], max_length=20)),
                ('min_weight_g', models.DecimalField(decimal_places=2, max_digits=10)),
                ('max_weight_g', models.DecimalField(decimal_places=2, max_digits=10)),
                ('min_temperature_c', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('max_temperature_c', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('typical_duration_days', models.IntegerField(blank=True, null=True)),
                ('max_freshwater_weight_g', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True)),
            ],
            options={
                'db_table': 'scenario_stage_constraint',
                'constraints': [models.UniqueConstraint(fields=('constraint_set', 'lifecycle_stage'), name='stageconstraint_constraint_set_lifecycle_stage_uniq')],
            },
        ),
        migrations.CreateModel(
            name='Scenario',
            fields=[
                ('scenario_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('batch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='scenarios', to='batch.batch')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='created_scenarios', to=settings.AUTH_USER_MODEL)),
                ('fcr_model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scenarios', to='scenario.fcrmodel')),
                ('mortality_model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scenarios', to='scenario.mortalitymodel')),
                ('tgc_model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scenarios', to='scenario.tgcmodel')),
                ('biological_constraints', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='scenario.biologicalconstraints')),
                ('name', models.CharField(max_length=255)),
                ('start_date', models.DateField()),
                ('duration_days', models.IntegerField()),
                ('initial_count', models.IntegerField()),
                ('genotype', models.CharField(max_length=255)),
                ('supplier', models.CharField(max_length=255)),
                ('initial_weight', models.FloatField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'db_table': 'scenario',
            },
        ),
        migrations.CreateModel(
            name='ScenarioModelChange',
            fields=[
                ('change_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('new_fcr_model', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='scenario_changes', to='scenario.fcrmodel')),
                ('new_mortality_model', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='scenario_changes', to='scenario.mortalitymodel')),
                ('new_tgc_model', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='scenario_changes', to='scenario.tgcmodel')),
                ('scenario', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='model_changes', to='scenario.scenario')),
                ('change_day', models.IntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='ProjectionRun',
            fields=[
                ('run_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='projection_runs', to=settings.AUTH_USER_MODEL)),
                ('scenario', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='projection_runs', to='scenario.scenario')),
                ('run_date', models.DateTimeField()),
                ('run_number', models.PositiveIntegerField()),
                ('label', models.CharField(max_length=100)),
                ('parameters_snapshot', models.JSONField(blank=True, default=dict)),
                ('notes', models.TextField(blank=True, default='')),
                ('total_projections', models.PositiveIntegerField(default=0)),
                ('final_weight_g', models.FloatField(blank=True, null=True)),
                ('final_biomass_kg', models.FloatField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'db_table': 'scenario_projection_run',
                'constraints': [models.UniqueConstraint(fields=('scenario', 'run_number'), name='projectionrun_scenario_run_number_uniq')],
            },
        ),
        migrations.CreateModel(
            name='ScenarioProjection',
            fields=[
                ('projection_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('current_stage', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='scenario_projections', to='batch.lifecyclestage')),
                ('projection_run', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='projections', to='scenario.projectionrun')),
                ('projection_date', models.DateField()),
                ('day_number', models.IntegerField()),
                ('average_weight', models.FloatField()),
                ('population', models.FloatField()),
                ('biomass', models.FloatField()),
                ('daily_feed', models.FloatField()),
                ('cumulative_feed', models.FloatField()),
                ('temperature', models.FloatField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'indexes': [models.Index(fields=['projection_run', 'day_number'], name='projection_run_day')],
            },
        ),
        ]),
    ]
